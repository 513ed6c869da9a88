import CDatagrams
import NIOCore
import RTCCore
import SansIO

/// Room for the datagrams of one reading, used again and again.
struct DatagramScratch: ~Copyable {
    /// Bytes a datagram: longer ones are not from a peer that keeps to its path's MTU, and are dropped.
    static let room = 2048
    /// What seems to have waited longer did so since the system's clock was set, or is of no use any more.
    private static let greatestAge = Duration.seconds(1)

    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private let datagrams: UnsafeMutableBufferPointer<jask_datagram>

    init() {
        bytes = .allocate(capacity: ReadingPace.mostAtOnce * Self.room)
        datagrams = .allocate(capacity: ReadingPace.mostAtOnce)
        datagrams.initialize(repeating: jask_datagram())
    }

    deinit {
        bytes.deallocate()
        datagrams.deallocate()
    }

    /// Reads what waits.
    /// - Returns: the number of datagrams; `nil` where the system reports an error.
    mutating func fill(from descriptor: CInt) -> Int? {
        let count = jask_datagrams_receive(
            descriptor, bytes.baseAddress, Self.room, datagrams.baseAddress, CInt(datagrams.count))
        return count < 0 ? nil : Int(count)
    }

    /// Whether the system did not say of some of them when they came.
    borrowing func lacksStamps(_ count: Int) -> Bool { datagrams.prefix(count).contains { $0.age < 0 } }

    /// What was read, in storage of its own, and how long it had waited; `nil` for what did not fit.
    borrowing func datagram(_ index: Int) -> (remote: TransportAddress, payload: ByteBuffer, age: Duration)? {
        let datagram = datagrams[index]
        guard datagram.is_cut == 0, datagram.length <= Self.room else { return nil }
        let ip = IPAddress(high: datagram.sender_high, low: datagram.sender_low)
        let place = UnsafeBufferPointer(rebasing: bytes[index * Self.room..<index * Self.room + datagram.length])
        let age = min(max(.zero, .nanoseconds(datagram.age)), Self.greatestAge)
        return (TransportAddress(ip: ip, port: datagram.sender_port), ByteBuffer(bytes: place), age)
    }
}
