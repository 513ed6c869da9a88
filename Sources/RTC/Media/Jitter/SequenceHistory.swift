import RTCCore
import SansIO

/// Tells duplicates, and remembers since when each missing packet has been missing.
struct SequenceHistory: Sendable {
    /// How a packet relates to those before it.
    enum Verdict {
        /// Newer than all before it.
        case newest
        /// Newer, and the first of a source that began its numbers anew.
        case newRun
        /// Missing until now; `missingFor` says for how long, if that is still known.
        case older(missingFor: Duration?)
        case duplicate
    }

    private static let logSize = 128

    private(set) var highest: Int64?
    /// Bit n: `highest - n` has arrived.
    private var arrived: UInt128 = 0
    /// Since when the packet with this number has been missing.
    private var missing: [(sequence: Int64, since: Instant)] = Array(
        repeating: (.min, .zero), count: SequenceHistory.logSize)

    /// Classifies a packet by its index and takes note of it.
    mutating func insert(_ index: Int64, at now: Instant) -> Verdict {
        guard let highest else {
            begin(at: index)
            return .newest
        }
        let step = index &- highest
        if step >= SequenceIndexer.runDistance {
            begin(at: index)
            return .newRun
        }
        guard step > 0 else { return insertOlder(index, age: 0 &- step, at: now) }
        advance(by: step, from: highest, at: now)
        return .newest
    }

    private mutating func begin(at index: Int64) {
        highest = index
        arrived = 1
    }

    private mutating func insertOlder(_ index: Int64, age: Int64, at now: Instant) -> Verdict {
        guard (0..<128).contains(age) else { return .older(missingFor: nil) }
        let bit: UInt128 = 1 << UInt128(age)
        guard arrived & bit == 0 else { return .duplicate }
        arrived |= bit
        let entry = missing[Int(index & Int64(Self.logSize - 1))]
        return .older(missingFor: entry.sequence == index ? now - entry.since : nil)
    }

    private mutating func advance(by step: Int64, from highest: Int64, at now: Instant) {
        if step == 1 {
            arrived = arrived &<< 1 | 1
            self.highest = highest + 1
            return
        }
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
