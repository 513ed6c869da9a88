import Pictures

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A picture's three planes at the size at which models look, in 256ths of a sample; in the dark an average over the last
/// pictures. Memory is used again for the next picture.
struct WorkingPlanes {
    private(set) var width = 0
    private(set) var height = 0
    private(set) var chromaWidth = 0
    private(set) var chromaHeight = 0
    private(set) var y: [UInt16] = []
    private(set) var u: [UInt16] = []
    private(set) var v: [UInt16] = []
    private(set) var range = SampleRange.limited
    private var isEmpty = true
    /// The weight of a picture that takes the place of all before it.
    private static let whole: Int32 = 256

    /// No side is longer: hands are not seen better in larger pictures, only more slowly.
    static let longestSide = 640

    /// Takes a picture's place in the average; the first, or one of another size, begins it anew.
    /// - Parameter share: of the new picture, 0…1.
    mutating func blend(_ picture: I420Picture, share: Float) {
        let factor = max(1, (max(picture.width, picture.height) + Self.longestSide - 1) / Self.longestSide)
        let size = (width: max(1, picture.width / factor), height: max(1, picture.height / factor))
        if isEmpty || size != (width, height) || picture.range != range { resize(size, picture.range) }
        let weight = isEmpty ? Self.whole : Int32(min(max(share, 0), 1) * Float(Self.whole))
        isEmpty = false
        picture.withPlanes { planes in
            Self.blend(planes.y, factor, width, height, weight, into: &y)
            Self.blend(planes.u, factor, chromaWidth, chromaHeight, weight, into: &u)
            Self.blend(planes.v, factor, chromaWidth, chromaHeight, weight, into: &v)
        }
    }

    var size: PixelSize { PixelSize(width: Float(width), height: Float(height)) }

    private mutating func resize(_ size: (width: Int, height: Int), _ range: SampleRange) {
        (width, height, self.range, isEmpty) = (size.width, size.height, range, true)
        (chromaWidth, chromaHeight) = ((width + 1) / 2, (height + 1) / 2)
        y = Array(repeating: 0, count: width * height)
        u = Array(repeating: 0, count: chromaWidth * chromaHeight)
        v = u
    }

    private static func blend(
        _ plane: I420Picture.Plane, _ factor: Int, _ width: Int, _ height: Int, _ weight: Int32,
        into output: inout [UInt16]
    ) {
        output.withUnsafeMutableBufferPointer { output in
            for row in 0..<height {
                let line = output.baseAddress.map { $0 + row * width }
                guard let line else { return }
                if factor == 1 {
                    // A picture that is no larger than this is as large, its chroma too.
                    let input = plane.samples + row * plane.stride
                    if weight == whole {
                        for column in 0..<width { line[column] = UInt16(input[column]) << 8 }
                    } else {
                        for column in 0..<width { line[column] = mix(line[column], Int32(input[column]) << 8, weight) }
                    }
                } else {
                    for column in 0..<width {
                        line[column] = mix(line[column], mean(plane, factor, column, row), weight)
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func mix(_ old: UInt16, _ new: Int32, _ weight: Int32) -> UInt16 {
        UInt16(truncatingIfNeeded: Int32(old) &+ ((new &- Int32(old)) &* weight) >> 8)
    }

    /// Of `factor` samples each way, in 256ths.
    private static func mean(_ plane: I420Picture.Plane, _ factor: Int, _ column: Int, _ row: Int) -> Int32 {
        let (left, top) = (min(column * factor, plane.width - 1), min(row * factor, plane.height - 1))
        let (right, bottom) = (min(left + factor, plane.width), min(top + factor, plane.height))
        var sum: Int32 = 0
        for line in top..<bottom {
            for place in left..<right { sum &+= Int32(plane.samples[line * plane.stride + place]) }
        }
        return (sum << 8) / Int32((right - left) * (bottom - top))
    }
}

extension WorkingPlanes {
    /// Red, green and blue, each times `gain`, of planes that are blurred first where `sigma` is above 0.
    /// - Parameters:
    ///   - sigma: of a Gaussian, in pixels.
    ///   - bytes: of `width * height * 3`, to be written.
    func writeRGB(gain: Float, sigma: Float, into bytes: inout [UInt8]) {
        if sigma > 0 {
            let kernel = GaussianKernel(sigma: sigma)
            let small = GaussianKernel(sigma: sigma / 2)
            convert(
                kernel.blurred(y, width, height), small.blurred(u, chromaWidth, chromaHeight),
                small.blurred(v, chromaWidth, chromaHeight), gain, into: &bytes)
        } else {
            convert(y, u, v, gain, into: &bytes)
        }
    }

    private func convert(_ y: [UInt16], _ u: [UInt16], _ v: [UInt16], _ gain: Float, into bytes: inout [UInt8]) {
        // BT.601, in 2^-16ths of what a 256th of a sample stands for.
        let (offset, luma, chroma): (Int32, Float, Float) =
            range == .full ? (0, 1, 1) : (16 << 8, 255 / 219, 255 / 224)
        let scale = gain * 256
        let (ky, kr, kb) = (Int32(luma * scale), Int32(1.402 * chroma * scale), Int32(1.772 * chroma * scale))
        let (ku, kv) = (Int32(0.344136 * chroma * scale), Int32(0.714136 * chroma * scale))
        bytes.withUnsafeMutableBufferPointer { bytes in
            y.withUnsafeBufferPointer { y in
                u.withUnsafeBufferPointer { u in
                    v.withUnsafeBufferPointer { v in
                        for row in 0..<height {
                            var output = row * width * 3
                            let chromaRow = (row / 2) * chromaWidth
                            for column in 0..<width {
                                let light = (Int32(y[row * width + column]) &- offset) &* ky
                                let blue = Int32(u[chromaRow + column / 2]) &- 32_768
                                let red = Int32(v[chromaRow + column / 2]) &- 32_768
                                bytes[output] = Self.byte(light &+ red &* kr)
                                bytes[output + 1] = Self.byte(light &- blue &* ku &- red &* kv)
                                bytes[output + 2] = Self.byte(light &+ blue &* kb)
                                output += 3
                            }
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func byte(_ value: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: min(max((value &+ 32_768) >> 16, 0), 255))
    }
}

/// The bell curve, 1 in the middle.
private func gaussian(_ distance: Float) -> Float { expf(-0.5 * distance * distance) }

/// A Gaussian in whole numbers, for both ways one after the other.
private struct GaussianKernel {
    /// From the middle outwards; they add up to 65,536, all but the first taken twice.
    private let weights: [UInt32]

    init(sigma: Float) {
        let radius = max(1, Int((3 * sigma).rounded(.up)))
        let shares = (0...radius).map { gaussian(Float($0) / sigma) }
        let total = 2 * shares.reduce(0, +) - shares[0]
        var weights = shares.map { UInt32(($0 / total * 65_536).rounded()) }
        weights[0] = 65_536 - 2 * weights.dropFirst().reduce(0, +)
        self.weights = weights
    }

    func blurred(_ samples: [UInt16], _ width: Int, _ height: Int) -> [UInt16] {
        // Turned over twice, so that each way is along rows.
        turned(turned(samples, width, height), height, width)
    }

    /// Blurred along rows, rows become columns.
    private func turned(_ samples: [UInt16], _ width: Int, _ height: Int) -> [UInt16] {
        [UInt16](unsafeUninitializedCapacity: width * height) { output, count in
            samples.withUnsafeBufferPointer { input in
                weights.withUnsafeBufferPointer { weights in
                    for row in 0..<height {
                        for column in 0..<width {
                            let line = row * width
                            var sum = (UInt32(input[line + column]) &* weights[0]) >> 8
                            for step in 1..<weights.count {
                                let left = UInt32(input[line + max(column - step, 0)])
                                let right = UInt32(input[line + min(column + step, width - 1)])
                                sum &+= ((left &+ right) / 2 &* weights[step]) >> 7
                            }
                            output[column * height + row] = UInt16(truncatingIfNeeded: min(sum >> 8, 65_535))
                        }
                    }
                }
            }
            count = width * height
        }
    }
}
