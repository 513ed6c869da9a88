import SansIO

/// Makes new inputs out of known ones: flips, edges, cuts, insertions, repetitions and splices, a few at a time.
public struct Mutator {
    private var random: SplitMix64
    private let seeds: [[UInt8]]
    private let largest: Int

    public init(seeds: [[UInt8]], largest: Int, seed: UInt64) {
        self.seeds = seeds
        self.largest = largest
        random = SplitMix64(seed: seed)
    }

    /// The next input; the same seeds and the same number give the same inputs.
    public mutating func next() -> [UInt8] {
        var input = seeds[below(seeds.count)]
        for _ in 0...below(6) { change(&input) }
        if input.count > largest { input.removeLast(input.count - largest) }
        return input
    }

    private mutating func change(_ input: inout [UInt8]) {
        switch below(9) {
        case 0: if let at = place(input) { input[at] ^= 1 << UInt8(below(8)) }
        case 1: if let at = place(input) { input[at] = UInt8(truncatingIfNeeded: random.next()) }
        case 2: writeEdge(&input)
        case 3: if let at = place(input) { input.removeLast(input.count - at) }
        case 4:
            let bytes = (0..<below(16)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            input.insert(contentsOf: bytes, at: below(input.count + 1))
        case 5: if let range = range(input) { input.removeSubrange(range) }
        case 6: if let range = range(input) { input.insert(contentsOf: input[range], at: below(input.count + 1)) }
        case 7:
            let other = seeds[below(seeds.count)]
            input = Array(input.prefix(below(input.count + 1)) + other.suffix(below(other.count + 1)))
        default:
            let other = seeds[below(seeds.count)]
            if let range = range(other) { input.insert(contentsOf: other[range], at: below(input.count + 1)) }
        }
    }

    /// Numbers at which lengths, counters and signs turn over.
    private mutating func writeEdge(_ input: inout [UInt8]) {
        let edges: [UInt32] = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
        guard let at = place(input) else { return }
        let edge = edges[below(edges.count)]
        let width = 1 << below(3)
        for index in 0..<min(width, input.count - at) {
            input[at + index] = UInt8(truncatingIfNeeded: edge >> UInt32(8 * (width - 1 - index)))
        }
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &random) }

    private mutating func place(_ input: [UInt8]) -> Int? { input.isEmpty ? nil : below(input.count) }

    private mutating func range(_ input: [UInt8]) -> Range<Int>? {
        guard let start = place(input) else { return nil }
        return start..<min(input.count, start + 1 + below(64))
    }
}
