import Perception
import Pictures

/// By how much a camera's pictures are to be brightened: from the mean and the brightest hundredth of their luma, smoothed
/// over time.
struct LightMeter {
    /// 1 for as they are.
    private(set) var gain: Float = 1
    private var isFirst = true
    private var histogram = Array(repeating: 0 as Int32, count: 256)

    /// Every so many pixels each way are enough.
    private static let step = 4

    mutating func measure(_ picture: I420Picture, _ configuration: GestureSearchConfiguration) {
        let count = fill(picture)
        guard count > 0 else { return }
        let scale = LumaScale(picture.range)
        var sum = 0
        for (luma, pixels) in histogram.enumerated() { sum += luma * Int(pixels) }
        var (above, peak) = (0, 255)
        while peak > 0 {
            above += Int(histogram[peak])
            if above * 100 >= count { break }
            peak -= 1
        }
        let mean = max(scale.full(Float(sum) / Float(count)), 1)
        let wanted = min(configuration.lightPeak / max(scale.full(Float(peak)), 1), configuration.lightMean / mean)
        let new = min(max(wanted, 1), configuration.lightMost)
        gain += (isFirst ? 1 : configuration.lightFollow) * (new - gain)
        isFirst = false
    }

    /// - Returns: how many pixels were counted.
    private mutating func fill(_ picture: I420Picture) -> Int {
        for index in histogram.indices { histogram[index] = 0 }
        return picture.withPlanes { planes in
            histogram.withUnsafeMutableBufferPointer { histogram in
                var count = 0
                for row in stride(from: 0, to: planes.y.height, by: Self.step) {
                    let line = planes.y.samples + row * planes.y.stride
                    for column in stride(from: 0, to: planes.y.width, by: Self.step) {
                        histogram[Int(line[column])] += 1
                        count += 1
                    }
                }
                return count
            }
        }
    }
}

/// From luma as it is sampled to 0…255.
struct LumaScale {
    let offset: Float
    let factor: Float

    init(_ range: SampleRange) {
        switch range {
        case .full: (offset, factor) = (0, 1)
        case .limited: (offset, factor) = (16, 255 / 219)
        }
    }

    func full(_ luma: Float) -> Float { (luma - offset) * factor }
}
