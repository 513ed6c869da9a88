import CAllocationCounter
import NIOCore
import RTCCore
import RTCMedia
import ReceivingRoom
import SansIO

extension Benchmark {
    /// Unprotect ▸ parse ▸ route ▸ jitter buffer, beside the SRTP engine alone on packets of the same size.
    static let receivePath = Benchmark(name: "receive-path") {
        var lines: [Measurement] = []
        for (payload, bar) in [(80, 1.4), (1200, 1.25)] {
            var bench = try ReceivePath.start(payload: payload)
            var (path, engine, allocations): ([Double], [Double], [Double]) = ([], [], [])
            for round in 0..<15 {
                var (bursts, alone, made): ([Double], [Double], [Double]) = ([], [], [])
                // In turns, so that what else the machine does falls on both; the medians leave out the bursts in which
                // the thread had to wait for a core.
                for _ in 0..<ReceivePath.bursts {
                    let burst = try bench.path()
                    bursts.append(burst.nanoseconds)
                    made.append(burst.allocations)
                    alone.append(try bench.engine())
                }
                // The first round fills caches and buffers.
                guard round > 0 else { continue }
                path.append(bursts.median)
                engine.append(alone.median)
                allocations.append(made.reduce(0, +) / Double(made.count))
            }
            // The machine's speed falls on both, so their ratio is what tells.
            lines.append(
                Measurement(
                    what: "\(payload) B a packet, of the SRTP engine alone",
                    value: zip(path, engine).map { $0 / $1 }.median,
                    unit: "×", comparison: "path \(Int(path.median)) ns, engine \(Int(engine.median)) ns",
                    bar: .atMost(bar)))
            lines.append(
                Measurement(
                    what: "\(payload) B: allocations a packet", value: allocations.median, unit: "", bar: .atMost(0.05))
            )
        }
        return lines
    }
}

private struct ReceivePath: ~Copyable {
    static let bursts = 128
    /// Packets a burst: as many as a socket gives at a time, so that they are in the processor's cache.
    private static let count = 32
    private var pair: ConnectedPair
    private var receiver = AudioReceiver(format: AudioFormat(opusPayloadType: 111, redPayloadType: 63))
    private var next: UInt32 = 1
    private let payload: ByteBuffer
    private var sender: SRTPContext
    private var opener: SRTPContext
    private var engineNext: UInt32 = 1

    /// - Parameter size: bytes of payload a packet.
    static func start(payload size: Int) throws -> ReceivePath {
        let key = SRTPKeyingMaterial.MasterKey(
            key: Array(repeating: 1, count: SRTPProfile.aeadAES256GCM.keyLength),
            salt: Array(repeating: 2, count: SRTPProfile.aeadAES256GCM.saltLength))
        return ReceivePath(
            payload: size, pair: try ConnectedPair.connected(),
            sender: try SRTPContext(profile: .aeadAES256GCM, masterKey: key),
            opener: try SRTPContext(profile: .aeadAES256GCM, masterKey: key))
    }

    private init(
        payload size: Int, pair: consuming ConnectedPair, sender: consuming SRTPContext, opener: consuming SRTPContext
    ) {
        self.pair = pair
        self.sender = sender
        self.opener = opener
        var payload = ByteBuffer(integer: UInt8(0x78))
        payload.writeRepeatingByte(0x5A, count: size - 1)
        self.payload = payload
    }

    /// A copy whose bytes nothing else shares, as a packet off a socket is.
    private static func alone(_ packet: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 2048)
        buffer.writeImmutableBuffer(packet)
        return buffer
    }

    mutating func path() throws -> (nanoseconds: Double, allocations: Double) {
        var datagrams: [Datagram?] = []
        for _ in 0..<Self.count {
            let packet = OutgoingRTP(
                payloadType: 111, marker: false, sequenceNumber: UInt16(truncatingIfNeeded: next),
                timestamp: next &* 960, payload: payload)
            next &+= 1
            if let datagram = pair.datagram(packet) { datagrams.append(datagram) }
        }
        let allocations = allocation_count()
        let began = ContinuousClock.now
        let (delivered, units) = receive(&datagrams)
        let took = ContinuousClock.now - began
        let made = allocation_count() - allocations
        guard delivered == Self.count, units >= Self.count else {
            throw Failed(reason: "only \(delivered) packets and \(units) units of \(Self.count) came out")
        }
        return (Double(took.wholeNanoseconds) / Double(Self.count), Double(made) / Double(Self.count))
    }

    /// What is measured: every datagram through the connection and the jitter buffer.
    @inline(never)
    private mutating func receive(_ datagrams: inout [Datagram?]) -> (delivered: Int, units: Int) {
        var (delivered, units) = (0, 0)
        for index in datagrams.indices {
            pair.now = Instant(nanoseconds: pair.now.nanoseconds &+ 20_000_000)
            guard var datagram = datagrams[index].take(), datagram.isMedia else { continue }
            guard let media = pair.right.receiveMedia(&datagram, at: pair.now) else {
                while let output = pair.right.pollOutput() {
                    guard case .event(.rtp(let first)) = output else { continue }
                    delivered += 1
                    units += 1
                    let header = first.packet.header
                    receiver.receive(
                        payloadType: header.payloadType, index: first.index, timestamp: header.timestamp,
                        marker: header.marker, payload: first.packet.payload, at: first.arrival)
                }
                while receiver.pollOutput() != nil {}
                continue
            }
            delivered += 1
            let unit = receiver.receiveNext(media, payload: (consume datagram).takePayload())
            if unit != nil { units += 1 } else { while receiver.pollOutput() != nil { units += 1 } }
        }
        return (delivered, units)
    }

    mutating func engine() throws -> Double {
        var packets: [ByteBuffer] = []
        for _ in 0..<Self.count {
            var packet = ByteBuffer()
            RTPPacket(
                payloadType: 111, sequenceNumber: UInt16(truncatingIfNeeded: engineNext), timestamp: engineNext &* 960,
                ssrc: 7, payload: payload
            ).serialize(into: &packet, reserving: 32)
            engineNext &+= 1
            try sender.protectRTP(&packet)
            packets.append(Self.alone(packet))
        }
        let began = ContinuousClock.now
        try open(&packets)
        return Double((ContinuousClock.now - began).wholeNanoseconds) / Double(Self.count)
    }

    @inline(never)
    private mutating func open(_ packets: inout [ByteBuffer]) throws {
        for index in packets.indices {
            var packet = ByteBuffer()
            swap(&packet, &packets[index])
            try opener.unprotectRTP(&packet)
        }
    }
}
