import SansIO

/// Draws the sources (SSRCs) of one connection: none twice, for a source that came back would repeat the keystream of
/// the packets it sent before.
struct SourceGenerator {
    private var last: UInt32
    /// Odd, so that all 2³² values come before the first one again.
    private let step: UInt32

    init(using random: inout RandomSource) {
        last = UInt32(truncatingIfNeeded: random.next())
        step = UInt32(truncatingIfNeeded: random.next()) | 1
    }

    /// A source other than 0, which stands for none.
    mutating func next() -> UInt32 {
        repeat { last &+= step } while last == 0
        return last
    }
}
