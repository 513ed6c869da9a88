/// Scales a plane by area, row by row, with memory that is used again.
struct PlaneScaler: Sendable {
    private let width: Int
    private let across: AreaWeights
    private let down: AreaWeights
    /// Old rows added up, as wide as the plane.
    private var sums: [UInt16]

    init(width: Int, height: Int, toWidth: Int, toHeight: Int) {
        self.width = width
        across = AreaWeights(from: width, to: toWidth)
        down = AreaWeights(from: height, to: toHeight)
        sums = [UInt16](repeating: 0, count: width)
    }

    /// Writes one new row, 0…255 each.
    /// - Parameter output: room for the new width.
    mutating func write(row: Int, of plane: I420Picture.Plane, into output: UnsafeMutablePointer<Float>) {
        let (across, down, width) = (across, down, width)
        let scale = 1 / Float(across.total * down.total)
        sums.withUnsafeMutableBufferPointer { sums in
            guard let sums = sums.baseAddress else { return }
            down.weights.withUnsafeBufferPointer { weights in
                let cover = down.covers[row]
                for index in 0..<cover.count {
                    Self.add(
                        plane.samples + (cover.first + index) * plane.stride, times: weights[cover.weights + index],
                        to: sums, count: width, isFirst: index == 0)
                }
            }
            switch across.kind {
            case .same: Self.copy(sums, across.covers.count, scale: scale, into: output)
            case .halved: Self.halve(sums, across.covers.count, scale: scale, into: output)
            case .doubled: Self.double(sums, across.covers.count, scale: scale, into: output)
            case .other: Self.average(sums, across, scale: scale, into: output)
            }
        }
    }

    /// Adds a row of samples, weighted; the first one is what is added to.
    @inline(__always)
    private static func add(
        _ row: UnsafePointer<UInt8>, times weight: UInt16, to sums: UnsafeMutablePointer<UInt16>, count: Int,
        isFirst: Bool
    ) {
        let (raw, rawSums) = (UnsafeRawPointer(row), UnsafeMutableRawPointer(sums))
        let weights = SIMD16<UInt16>(repeating: weight)
        var at = 0
        while at + 16 <= count {
            var sum = SIMD16<UInt16>(truncatingIfNeeded: raw.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self))
            sum &*= weights
            if !isFirst { sum &+= rawSums.loadUnaligned(fromByteOffset: 2 * at, as: SIMD16<UInt16>.self) }
            rawSums.storeBytes(of: sum, toByteOffset: 2 * at, as: SIMD16<UInt16>.self)
            at += 16
        }
        while at < count {
            sums[at] = UInt16(row[at]) &* weight &+ (isFirst ? 0 : sums[at])
            at += 1
        }
    }

    private static func copy(
        _ sums: UnsafeMutablePointer<UInt16>, _ count: Int, scale: Float, into output: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count { output[index] = Float(sums[index]) * scale }
    }

    private static func halve(
        _ sums: UnsafeMutablePointer<UInt16>, _ count: Int, scale: Float, into output: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count {
            output[index] = Float(Int32(sums[2 * index]) &+ Int32(sums[2 * index + 1])) * scale
        }
    }

    private static func double(
        _ sums: UnsafeMutablePointer<UInt16>, _ count: Int, scale: Float, into output: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count / 2 {
            let value = Float(sums[index]) * scale
            output[2 * index] = value
            output[2 * index + 1] = value
        }
    }

    private static func average(
        _ sums: UnsafeMutablePointer<UInt16>, _ across: AreaWeights, scale: Float,
        into output: UnsafeMutablePointer<Float>
    ) {
        across.covers.withUnsafeBufferPointer { covers in
            across.weights.withUnsafeBufferPointer { weights in
                guard let weights = weights.baseAddress else { return }
                for (index, cover) in covers.enumerated() {
                    var sum: UInt32 = 0
                    let (samples, shares) = (sums + cover.first, weights + cover.weights)
                    for sample in 0..<cover.count { sum &+= UInt32(samples[sample]) &* UInt32(shares[sample]) }
                    output[index] = Float(sum) * scale
                }
            }
        }
    }
}
