/// Extends 16-bit sequence numbers to 64 bits: each becomes the value nearest to the highest one so far.
public struct SequenceNumberExtender: Hashable, Sendable {
    /// The highest extended number so far; `nil` before the first.
    public private(set) var highest: Int64?

    public init() {}

    /// The extended number. The first one starts in cycle 1, so that packets reordered before it stay positive.
    public mutating func extend(_ number: UInt16) -> Int64 {
        guard let highest else {
            self.highest = 0x1_0000 + Int64(number)
            return 0x1_0000 + Int64(number)
        }
        let extended = highest &+ Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
        self.highest = max(highest, extended)
        return extended
    }
}
