import SansIO

/// Numbers that look random and are the same for one seed everywhere.
struct Dice {
    private var source: SplitMix64

    init(seed: UInt64) { source = SplitMix64(seed: seed) }

    /// From 0 up to 1.
    mutating func next() -> Float { Float(source.next() >> 40) / Float(1 << 24) }

    mutating func next(below count: Int) -> Int { Int(source.next() % UInt64(max(1, count))) }
}
