/// Which of the newest 1024 packet indices were seen (RFC 3711 §3.3.2).
struct SRTPReplayWindow {
    private static let size = UInt64(SRTPOptions.replayWindow)

    /// The highest index seen; `nil` before the first packet.
    private(set) var highest: UInt64?
    // One bit for each index modulo the size.
    private var seen = InlineArray<16, UInt64>(repeating: 0)

    /// Whether an index is neither seen nor too old.
    func admits(_ index: UInt64) -> Bool {
        guard let highest, index <= highest else { return true }
        guard highest - index < Self.size else { return false }
        return seen[Self.word(index)] & Self.bit(index) == 0
    }

    /// Notes an admitted index.
    mutating func insert(_ index: UInt64) {
        if let highest, index > highest {
            clear(after: highest, through: index)
        }
        seen[Self.word(index)] |= Self.bit(index)
        highest = max(highest ?? 0, index)
    }

    private mutating func clear(after highest: UInt64, through index: UInt64) {
        if index - highest >= Self.size {
            seen = InlineArray(repeating: 0)
        } else {
            var next = highest &+ 1
            while next <= index {
                seen[Self.word(next)] &= ~Self.bit(next)
                next &+= 1
            }
        }
    }

    private static func word(_ index: UInt64) -> Int { Int(truncatingIfNeeded: index / 64 % 16) }
    private static func bit(_ index: UInt64) -> UInt64 { 1 << (index % 64) }
}

extension SRTPReplayWindow {
    /// The 48-bit index that a sequence number most likely stands for (RFC 3711 §3.3.1): the one nearest to the highest.
    func estimatedIndex(of sequence: UInt16) -> UInt64 {
        guard let highest else { return UInt64(sequence) }
        let rollover = highest >> 16
        let newest = Int(highest & 0xFFFF)
        if newest < 0x8000 {
            let isFromBefore = Int(sequence) - newest > 0x8000 && rollover > 0
            return (isFromBefore ? rollover - 1 : rollover) << 16 | UInt64(sequence)
        }
        let isFromAfter = newest - 0x8000 > Int(sequence)
        return (isFromAfter ? rollover + 1 : rollover) << 16 | UInt64(sequence)
    }
}
