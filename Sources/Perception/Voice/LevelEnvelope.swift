import SansIO

/// The last four seconds of how loud somebody was, in slots of a chunk's length on the local clock, so that two people's
/// sound can be laid side by side.
///
/// A level is a count of half decibels above `floor`: what decides is what can be kept in a byte, and sums of it are exact.
public struct LevelEnvelope: Sendable {
    /// What is quieter counts as this: rooms differ in their noise, not in who speaks. dBFS.
    static let floor: Float = -65
    static let stepsPerDecibel = 2
    /// In slots: more than a window, the longest lag and how far one decoder may be behind another.
    static let capacity = 128
    /// A gap of no more slots is taken for what was before it: the clock's mapping has moved by a chunk.
    private static let shortGap: Int64 = 3

    /// Twice over, so that any run of slots lies in one piece.
    private var steps = Array(repeating: Int16(0), count: 2 * capacity)
    /// The slots that are known, both included; nothing is before the first chunk.
    private(set) var oldest = Int64.max
    private(set) var newest = Int64.min

    public init() {}

    /// Takes a chunk in. Of two in one slot (several microphones) the louder counts.
    public mutating func receive(_ chunk: VoiceChunk) {
        let slot = Self.slot(of: chunk.start)
        let level = Self.steps(of: chunk.level)
        if newest < oldest || slot &- newest > Int64(Self.capacity) {
            for index in steps.indices { steps[index] = 0 }
            (oldest, newest) = (slot, slot)
            put(level, at: slot)
        } else if slot > newest {
            let filler = slot - newest <= Self.shortGap ? self[newest] : 0
            while newest + 1 < slot {
                newest += 1
                put(filler, at: newest)
            }
            newest = slot
            oldest = max(oldest, slot - Int64(Self.capacity) + 1)
            put(level, at: slot)
        } else if slot >= oldest {
            put(max(level, self[slot]), at: slot)
        }
    }

    /// Whether all of some slots up to `last` are known.
    func knows(_ count: Int, upTo last: Int64) -> Bool {
        last <= newest && last &- Int64(count) &+ 1 >= oldest && newest >= oldest
    }

    /// The steps in a known slot.
    subscript(slot: Int64) -> Int16 { steps[Self.place(of: slot)] }

    /// The last so many slots up to a known one, oldest first.
    func withSlots<Result>(
        _ count: Int, upTo last: Int64, _ body: (UnsafeBufferPointer<Int16>) -> Result
    ) -> Result {
        let end = Self.place(of: last) + Self.capacity + 1
        return steps.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[(end - count)..<end])) }
    }

    static func slot(of instant: Instant) -> Int64 {
        let length = VoiceChunk.duration.wholeNanoseconds
        let (slot, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: length)
        return rest < 0 ? slot - 1 : slot
    }

    static func steps(of level: Float) -> Int16 {
        Int16(((min(max(level, floor), 0) - floor) * Float(stepsPerDecibel)).rounded())
    }

    private static func place(of slot: Int64) -> Int { Int(slot & Int64(capacity - 1)) }

    private mutating func put(_ level: Int16, at slot: Int64) {
        let place = Self.place(of: slot)
        steps[place] = level
        steps[place + Self.capacity] = level
    }
}
