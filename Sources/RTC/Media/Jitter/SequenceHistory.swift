import SansIO

/// Unwraps sequence numbers, tells duplicates, and remembers since when each missing packet has been missing.
struct SequenceHistory: Sendable {
    /// How a sequence number relates to those before it.
    enum Verdict {
        /// Newer than all before it.
        case newest(Int64)
        /// Missing until now; `missingFor` says for how long, if that is still known.
        case older(Int64, missingFor: Duration?)
        case duplicate
        /// Too far from the others to belong to the same run.
        case implausible
    }

    private static let logSize = 128

    private(set) var highest: Int64?
    /// Bit n: `highest - n` has arrived.
    private var arrived: UInt128 = 0
    /// Since when the packet with this number has been missing.
    private var missing: [(sequence: Int64, since: Instant)] = Array(
        repeating: (.min, .zero), count: SequenceHistory.logSize)

    /// Classifies a packet and takes note of it.
    mutating func insert(
        _ number: UInt16, at now: Instant, maximumDropout: Int, maximumMisorder: Int
    ) -> Verdict {
        guard let highest else {
            restart(at: Int64(number))
            return .newest(Int64(number))
        }
        let step = Int64(Int16(truncatingIfNeeded: Int64(number) &- highest))
        if step > 0 {
            guard step < Int64(maximumDropout) else { return .implausible }
            advance(by: step, from: highest, at: now)
            return .newest(highest + step)
        }
        guard -step < Int64(maximumMisorder) else { return .implausible }
        return insertOlder(highest + step, age: -step, at: now)
    }

    /// Begins a new run. The unwrapped numbers go on from the old ones, so that they never repeat.
    mutating func restart(at sequence: Int64) {
        highest = sequence
        arrived = 1
    }

    private mutating func insertOlder(_ sequence: Int64, age: Int64, at now: Instant) -> Verdict {
        guard age < 128 else { return .older(sequence, missingFor: nil) }
        let bit: UInt128 = 1 << UInt128(age)
        guard arrived & bit == 0 else { return .duplicate }
        arrived |= bit
        let entry = missing[Int(sequence & Int64(Self.logSize - 1))]
        return .older(sequence, missingFor: entry.sequence == sequence ? now - entry.since : nil)
    }

    private mutating func advance(by step: Int64, from highest: Int64, at now: Instant) {
        if step > 1 {
            let first = max(highest + 1, highest + step - Int64(Self.logSize))
            for sequence in first..<(highest + step) {
                missing[Int(sequence & Int64(Self.logSize - 1))] = (sequence, now)
            }
        }
        arrived = step < 128 ? arrived << UInt128(step) | 1 : 1
        self.highest = highest + step
    }
}
