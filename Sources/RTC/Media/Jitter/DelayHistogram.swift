import SansIO

/// A histogram of delays that forgets: each new observation weighs more than the ones before it.
struct DelayHistogram: Sendable {
    /// Buckets of 10 ms; the last holds everything beyond.
    static let bucketCount = 32
    static let bucketWidth: Duration = .milliseconds(10)

    private var weights = InlineArray<32, Float>(repeating: 0)
    private(set) var totalWeight: Float = 0
    private let retention: Float

    /// - Parameter retention: what an observation keeps of its weight when the next one comes, 0...1.
    init(retention: Float) {
        self.retention = retention
    }

    mutating func insert(_ delay: Duration) {
        let bucket = Int(clamping: max(0, delay.wholeNanoseconds) / Self.bucketWidth.wholeNanoseconds)
        for index in 0..<Self.bucketCount { weights[index] *= retention }
        weights[min(bucket, Self.bucketCount - 1)] += 1
        totalWeight = totalWeight * retention + 1
    }

    /// The upper edge of the bucket below which `share` of the weight lies; `nil` while empty.
    func quantile(_ share: Float) -> Duration? {
        guard totalWeight > 0 else { return nil }
        var sum: Float = 0
        for index in 0..<Self.bucketCount {
            sum += weights[index]
            if sum >= share * totalWeight { return Self.bucketWidth * (index + 1) }
        }
        return Self.bucketWidth * Self.bucketCount
    }
}
