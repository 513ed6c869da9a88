/// How one axis is made shorter or longer by area: a new sample is the mean of the old ones that it covers, the outermost by
/// the share of them that it covers.
struct AreaWeights: Sendable {
    /// The old samples that one new one covers.
    struct Cover: Sendable {
        var first: Int
        var count: Int
        /// Where its weights begin.
        var weights: Int
    }

    let covers: [Cover]
    /// Whole numbers; each cover's sum is ``total``.
    let weights: [UInt16]
    /// So small that 255 times as much still has room in 16 bits.
    let total: Int

    /// Lengths for which there is a quicker way.
    enum Kind: Sendable {
        case same
        case halved
        case doubled
        case other
    }

    let kind: Kind

    private static let greatestTotal = 257

    /// - Parameters: samples; both from 1 to ``PicturePool/greatestSide``.
    init(from source: Int, to target: Int) {
        let common = Self.greatestDivisor(source, target)
        // In parts of 1/unit of an old sample a new one is `length` long, and all overlaps are whole.
        let (length, unit) = (source / common, target / common)
        total = min(length, Self.greatestTotal)
        kind =
            switch (length, unit) {
            case (1, 1): .same
            case (2, 1): .halved
            case (1, 2): .doubled
            default: .other
            }
        var covers: [Cover] = []
        var weights: [UInt16] = []
        covers.reserveCapacity(target)
        for index in 0..<target {
            let (start, end) = (index * length, (index + 1) * length)
            let cover = Cover(
                first: start / unit, count: (end - 1) / unit - start / unit + 1, weights: weights.count)
            // Of long ones the shares are rounded so that they add up all the same.
            var told = 0
            for sample in cover.first..<(cover.first + cover.count) {
                let covered = min(end, (sample + 1) * unit) - start
                let share = (covered * total * 2 + length) / (length * 2)
                weights.append(UInt16(truncatingIfNeeded: share - told))
                told = share
            }
            covers.append(cover)
        }
        (self.covers, self.weights) = (covers, weights)
    }

    private static func greatestDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b > 0 { (a, b) = (b, a % b) }
        return a
    }
}
