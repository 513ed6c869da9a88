/// A convolution of three taps over four frames (padded by one on each side), rectified: the widest layer of the network.
///
/// Weights are kept in tiles of eight output channels, so that each is read once a chunk and used for all four frames.
struct FrameConvolution: Sendable {
    let inputs: Int
    let outputs: Int
    /// [outputs / 8][inputs][3]
    private let weights: [SIMD8<Float>]
    private let bias: [SIMD8<Float>]

    /// - Parameters:
    ///   - weight: [outputs][inputs][3]
    ///   - outputs: a multiple of 8.
    init(weight: [Float], bias: [Float], inputs: Int, outputs: Int) {
        self.inputs = inputs
        self.outputs = outputs
        var tiles: [SIMD8<Float>] = []
        tiles.reserveCapacity(weight.count / 8)
        for tile in 0..<(outputs / 8) {
            for input in 0..<inputs {
                for tap in 0..<3 {
                    tiles.append(.init((0..<8).map { weight[((tile * 8 + $0) * inputs + input) * 3 + tap] }))
                }
            }
        }
        weights = tiles
        self.bias = packed(bias)
    }

    /// - Parameters:
    ///   - input: one vector an input channel, lane = frame.
    ///   - output: [4 frames][outputs]
    @inline(__always)
    func apply(_ input: UnsafePointer<SIMD4<Float>>, into output: UnsafeMutablePointer<Float>) {
        weights.withUnsafeBufferPointer { weights in
            guard var weight = weights.baseAddress else { return }
            for tile in 0..<(outputs / 8) {
                let start = bias[tile]
                var (sum0, sum1, sum2, sum3) = (start, start, start, start)
                for channel in 0..<inputs {
                    let x = input[channel]
                    let (before, at, after) = (weight[0], weight[1], weight[2])
                    sum0 += at * x.x + after * x.y
                    sum1 += before * x.x + at * x.y + after * x.z
                    sum2 += before * x.y + at * x.z + after * x.w
                    sum3 += before * x.z + at * x.w
                    weight += 3
                }
                storeVector(VectorMath.rectified(sum0), output + tile * 8)
                storeVector(VectorMath.rectified(sum1), output + outputs + tile * 8)
                storeVector(VectorMath.rectified(sum2), output + 2 * outputs + tile * 8)
                storeVector(VectorMath.rectified(sum3), output + 3 * outputs + tile * 8)
            }
        }
    }
}

/// A matrix times a vector plus a bias, in tiles of 32 outputs: eight independent sums hide the adder's latency.
struct DenseLayer: Sendable {
    let rows: Int
    let outputs: Int
    /// [outputs / 32][rows][4 vectors]
    private let weights: [SIMD8<Float>]
    private let bias: [SIMD8<Float>]

    /// - Parameters:
    ///   - outputs: a multiple of 32.
    ///   - weight: the weight of an input row for an output.
    init(rows: Int, outputs: Int, bias: [Float], weight: (_ row: Int, _ output: Int) -> Float) {
        self.rows = rows
        self.outputs = outputs
        var tiles: [SIMD8<Float>] = []
        tiles.reserveCapacity(rows * outputs / 8)
        for tile in 0..<(outputs / 32) {
            for row in 0..<rows {
                for quarter in 0..<4 {
                    tiles.append(.init((0..<8).map { weight(row, tile * 32 + quarter * 8 + $0) }))
                }
            }
        }
        weights = tiles
        self.bias = packed(bias)
    }

    /// - Parameters:
    ///   - input: one number for each of `rowRange`; rows outside it meet only padding.
    ///   - output: room for `outputs` numbers.
    @inline(__always)
    func apply(
        _ input: UnsafePointer<Float>, rows rowRange: Range<Int>, isRectified: Bool,
        into output: UnsafeMutablePointer<Float>
    ) {
        weights.withUnsafeBufferPointer { weights in
            guard let base = weights.baseAddress else { return }
            for tile in 0..<(outputs / 32) {
                var weight = base + (tile * rows + rowRange.lowerBound) * 4
                var (sum0, sum1, sum2, sum3) = (bias[tile * 4], bias[tile * 4 + 1], bias[tile * 4 + 2], bias[tile * 4 + 3])
                for row in 0..<rowRange.count {
                    let x = input[row]
                    sum0 += weight[0] * x
                    sum1 += weight[1] * x
                    sum2 += weight[2] * x
                    sum3 += weight[3] * x
                    weight += 4
                }
                let target = output + tile * 32
                storeVector(isRectified ? VectorMath.rectified(sum0) : sum0, target)
                storeVector(isRectified ? VectorMath.rectified(sum1) : sum1, target + 8)
                storeVector(isRectified ? VectorMath.rectified(sum2) : sum2, target + 16)
                storeVector(isRectified ? VectorMath.rectified(sum3) : sum3, target + 24)
            }
        }
    }
}

/// Reads eight numbers from memory that is aligned for a vector.
@inline(__always)
func loadVector(_ source: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(source).load(as: SIMD8<Float>.self)
}

/// Writes eight numbers to memory that is aligned for a vector.
@inline(__always)
func storeVector(_ vector: SIMD8<Float>, _ target: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(target).storeBytes(of: vector, as: SIMD8<Float>.self)
}

/// Numbers in vectors of eight; their count is a multiple of eight.
func packed(_ numbers: [Float]) -> [SIMD8<Float>] {
    stride(from: 0, to: numbers.count, by: 8).map { SIMD8(numbers[$0..<($0 + 8)]) }
}
