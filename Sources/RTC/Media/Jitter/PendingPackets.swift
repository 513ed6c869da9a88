import NIOCore
import SansIO

/// A packet as the jitter buffer knows it.
struct PendingPacket: Sendable {
    /// Unwrapped.
    var sequence: Int64
    /// Unwrapped, in 48 kHz ticks.
    var timestamp: Int64
    /// Samples at 48 kHz; zero for a packet without sound.
    var duration: Int
    var payload: ByteBuffer
    var marker: Bool
    var arrival: Instant
    /// Whether it is a RED block of a later packet.
    var isRedundant: Bool

    /// The timestamp at which the packet's sound ends.
    var end: Int64 { timestamp &+ Int64(duration) }
}

/// The packets that wait for an earlier one: a ring over sequence numbers, of fixed size.
struct PendingPackets: Sendable {
    /// The widest span of sequence numbers that may wait: 2.5 s of 20 ms packets.
    static let capacity = 128

    private var slots: [PendingPacket?] = Array(repeating: nil, count: PendingPackets.capacity)
    private(set) var count = 0
    private var lowest: Int64 = 0
    private var highest: Int64 = 0

    var isEmpty: Bool { count == 0 }

    /// The packet with the lowest sequence number.
    var first: PendingPacket? { count == 0 ? nil : self[lowest] }

    subscript(sequence: Int64) -> PendingPacket? {
        guard let packet = slots[Self.slot(sequence)], packet.sequence == sequence else { return nil }
        return packet
    }

    /// Whether a packet may be inserted without spanning more than the ring holds.
    func canHold(_ sequence: Int64) -> Bool {
        count == 0 || (max(highest, sequence) &- min(lowest, sequence)) < Int64(Self.capacity)
    }

    /// Keeps a packet, unless that would span more than the ring holds: two numbers never share a slot.
    mutating func insert(_ packet: PendingPacket) {
        guard canHold(packet.sequence) else { return }
        let slot = Self.slot(packet.sequence)
        if slots[slot] == nil { count += 1 }
        slots[slot] = packet
        lowest = count == 1 ? packet.sequence : min(lowest, packet.sequence)
        highest = count == 1 ? packet.sequence : max(highest, packet.sequence)
    }

    mutating func removeFirst() -> PendingPacket? {
        let slot = Self.slot(lowest)
        guard count > 0, let packet = slots[slot] else { return nil }
        slots[slot] = nil
        count -= 1
        guard count > 0 else { return packet }
        repeat { lowest &+= 1 } while lowest < highest && self[lowest] == nil
        return packet
    }

    /// The waiting packets next to a timestamp, on either side.
    func neighbours(of timestamp: Int64) -> (before: PendingPacket?, after: PendingPacket?) {
        guard count > 0 else { return (nil, nil) }
        var before: PendingPacket?
        var sequence = lowest
        while sequence <= highest {
            if let packet = self[sequence] {
                if packet.timestamp > timestamp { return (before, packet) }
                before = packet
            }
            sequence &+= 1
        }
        return (before, nil)
    }

    private static func slot(_ sequence: Int64) -> Int { Int(sequence & Int64(capacity - 1)) }
}
