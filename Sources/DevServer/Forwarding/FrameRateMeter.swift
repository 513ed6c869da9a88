import SansIO

/// How many pictures a second come of each temporal layer of one source.
struct FrameRateMeter {
    private static let window = Duration.seconds(1)

    private var counts: [Int] = [0, 0, 0, 0]
    private var rates: [Double]?
    private var began: Instant?

    mutating func count(temporal: UInt8, at now: Instant) {
        let start = began ?? now
        began = start
        if now - start >= Self.window {
            let seconds = (now - start).inSeconds
            rates = counts.map { Double($0) / seconds }
            counts = [0, 0, 0, 0]
            began = now
        }
        counts[min(Int(temporal), counts.count - 1)] += 1
    }

    /// The lowest temporal layer with which so many pictures a second come, a tenth less included; the highest there is
    /// where that is not known, or never.
    func limit(for rate: UInt32) -> UInt8 {
        guard rate > 0, let rates else { return .max }
        var sum = 0.0
        for (layer, value) in rates.enumerated() {
            sum += value
            if sum >= 0.9 * Double(rate) { return UInt8(layer) }
        }
        return .max
    }
}
