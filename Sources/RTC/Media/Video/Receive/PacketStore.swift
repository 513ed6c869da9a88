import NIOCore
import SansIO

/// The payloads of packets whose frames are not whole yet: a ring over their indices, in memory of its own.
///
/// What a socket read into is not kept: it would pin the whole block. Room grows as frames need it, up to a limit.
struct PacketStore: Sendable {
    /// Bytes of a payload that fit the ring; those of real senders do. Longer ones get a buffer of their own.
    static let room = 1280
    static let leastPackets = 64
    /// Where the span of packets may not be wider.
    static let mostPackets = 2048

    private struct Slot: Sendable {
        /// `Int64.min` for an empty one.
        var index = Int64.min
        /// 0 stands for padding.
        var length = 0
        var arrival = Instant.zero
    }

    private var slots: [Slot] = []
    private var bytes = ByteBuffer()
    private var long: [Int64: ByteBuffer] = [:]
    /// Bytes of payload in long ones.
    private(set) var longBytes = 0

    func contains(_ index: Int64) -> Bool { slot(index) != nil }

    func isPadding(_ index: Int64) -> Bool { slot(index)?.length == 0 }

    func arrival(of index: Int64) -> Instant? { slot(index)?.arrival }

    private func slot(_ index: Int64) -> Slot? {
        guard !slots.isEmpty else { return nil }
        let slot = slots[place(index)]
        return slot.index == index ? slot : nil
    }

    private func place(_ index: Int64) -> Int { Int(truncatingIfNeeded: index) & (slots.count - 1) }

    /// Keeps a packet. Its span with those that are there is at most `mostPackets`.
    /// - Parameters:
    ///   - payload: empty for padding.
    ///   - span: from the lowest packet that is there to the highest, this one included.
    mutating func insert(_ payload: ByteBuffer, index: Int64, span: Int, arrival: Instant) {
        if span > slots.count { grow(to: span) }
        let place = place(index)
        if slots[place].index != Int64.min { remove(slots[place].index) }
        slots[place] = Slot(index: index, length: payload.readableBytes, arrival: arrival)
        if payload.readableBytes > Self.room {
            long[index] = ByteBuffer(buffer: payload)
            longBytes += payload.readableBytes
        } else {
            bytes.setBuffer(payload, at: place * Self.room)
        }
    }

    mutating func remove(_ index: Int64) {
        guard let slot = slot(index) else { return }
        slots[place(index)].index = Int64.min
        if slot.length > Self.room, let payload = long.removeValue(forKey: index) {
            longBytes -= payload.readableBytes
        }
    }

    /// Removes packets below an index.
    mutating func remove(_ indices: Range<Int64>) {
        guard indices.count > slots.count else {
            for index in indices { remove(index) }
            return
        }
        for slot in slots where indices.contains(slot.index) { remove(slot.index) }
    }

    mutating func removeAll() {
        for place in slots.indices { slots[place].index = Int64.min }
        long = [:]
        longBytes = 0
    }

    /// The payload of a packet; shares the store's memory.
    func payload(_ index: Int64) -> ByteBuffer? {
        guard let slot = slot(index), slot.length > 0 else { return nil }
        if slot.length > Self.room { return long[index] }
        return bytes.getSlice(at: place(index) * Self.room, length: slot.length)
    }

    private mutating func grow(to span: Int) {
        var capacity = max(slots.count, Self.leastPackets)
        while capacity < span { capacity *= 2 }
        let (oldSlots, oldBytes) = (slots, bytes)
        slots = Array(repeating: Slot(), count: capacity)
        bytes = ByteBuffer()
        bytes.writeRepeatingByte(0, count: capacity * Self.room)
        for (place, slot) in oldSlots.enumerated() where slot.index != Int64.min {
            let target = self.place(slot.index)
            slots[target] = slot
            guard slot.length <= Self.room,
                let payload = oldBytes.getSlice(at: place * Self.room, length: slot.length)
            else { continue }
            bytes.setBuffer(payload, at: target * Self.room)
        }
    }
}

/// The payloads of a frame, in order.
struct FramePayloads: Sequence, IteratorProtocol {
    let store: PacketStore
    var index: Int64
    let last: Int64

    mutating func next() -> ByteBuffer? {
        guard index <= last else { return nil }
        defer { index += 1 }
        return store.payload(index)
    }
}
