import CFloats

// Where the processor has them, the two layers below use instructions that Swift cannot name; they give the same bits.
// Otherwise they are written over single numbers, not SIMD types: the compiler makes the same vectors of them in a release
// build, and a debug build, where SIMD operators are calls, is twenty times faster.

/// Whether this processor has the wide instructions.
let hasWideFloats = jask_floats_is_wide() != 0

/// A convolution of three taps over four frames (padded by one on each side), rectified: the widest layer of the network.
struct FrameConvolution: Sendable {
    let inputs: Int
    let outputs: Int
    /// [inputs][3][outputs]
    private let weights: [Float]
    private let bias: [Float]

    /// - Parameters:
    ///   - weight: [outputs][inputs][3]
    ///   - outputs: a multiple of eight.
    init(weight: [Float], bias: [Float], inputs: Int, outputs: Int) {
        precondition(outputs % 8 == 0 && weight.count == 3 * inputs * outputs && bias.count == outputs)
        self.inputs = inputs
        self.outputs = outputs
        self.bias = bias
        var transposed = [Float](repeating: 0, count: weight.count)
        for output in 0..<outputs {
            for row in 0..<(3 * inputs) {
                transposed[row * outputs + output] = weight[output * 3 * inputs + row]
            }
        }
        weights = transposed
    }

    /// - Parameters:
    ///   - input: one vector an input channel, lane = frame.
    ///   - output: [4 frames][outputs]
    ///   - isWide: whether the processor's wide instructions are used, which it must have.
    @inline(__always)
    func apply(
        _ input: UnsafePointer<SIMD4<Float>>, into output: UnsafeMutablePointer<Float>, isWide: Bool = hasWideFloats
    ) {
        for frame in 0..<4 { (output + frame * outputs).update(from: bias, count: outputs) }
        weights.withUnsafeBufferPointer { weights in
            guard let base = weights.baseAddress else { return }
            if isWide {
                let numbers = UnsafeRawPointer(input).assumingMemoryBound(to: Float.self)
                return jask_floats_add_frames(numbers, inputs, base, outputs, output)
            }
            var channel = 0
            while channel < inputs {
                add(input[channel], base + 3 &* channel &* outputs, output)
                channel &+= 1
            }
        }
        rectify(output, 4 * outputs)
    }

    @inline(__always)
    private func add(_ x: SIMD4<Float>, _ weight: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        let (x0, x1, x2, x3) = (x.x, x.y, x.z, x.w)
        let (w0, w1, w2) = (weight, weight + outputs, weight + 2 &* outputs)
        let (y0, y1, y2, y3) = (output, output + outputs, output + 2 &* outputs, output + 3 &* outputs)
        var at = 0
        while at < outputs {
            let (before, here, after) = (w0[at], w1[at], w2[at])
            y0[at] += here * x0 + after * x1
            y1[at] += before * x0 + here * x1 + after * x2
            y2[at] += before * x1 + here * x2 + after * x3
            y3[at] += before * x2 + here * x3
            at &+= 1
        }
    }
}

/// A matrix times a vector plus a bias.
struct DenseLayer: Sendable {
    let rows: Int
    let outputs: Int
    /// [rows][outputs]
    private let weights: [Float]
    private let bias: [Float]

    /// - Parameters:
    ///   - rows: a multiple of four.
    ///   - outputs: a multiple of eight.
    ///   - weight: the weight of an input row for an output.
    init(rows: Int, outputs: Int, bias: [Float], weight: (_ row: Int, _ output: Int) -> Float) {
        precondition(rows % 4 == 0 && outputs % 8 == 0 && bias.count == outputs)
        self.rows = rows
        self.outputs = outputs
        self.bias = bias
        var weights: [Float] = []
        weights.reserveCapacity(rows * outputs)
        for row in 0..<rows {
            for output in 0..<outputs { weights.append(weight(row, output)) }
        }
        self.weights = weights
    }

    /// - Parameters:
    ///   - input: one number for each of `rowRange`, a multiple of four; rows outside it meet only padding.
    ///   - output: room for `outputs` numbers.
    ///   - isWide: whether the processor's wide instructions are used, which it must have.
    @inline(__always)
    func apply(
        _ input: UnsafePointer<Float>, rows rowRange: Range<Int>, isRectified: Bool,
        into output: UnsafeMutablePointer<Float>, isWide: Bool = hasWideFloats
    ) {
        output.update(from: bias, count: outputs)
        weights.withUnsafeBufferPointer { weights in
            guard let base = weights.baseAddress else { return }
            let first = base + rowRange.lowerBound &* outputs
            if isWide { return jask_floats_add_rows(input, rowRange.count, first, outputs, output) }
            var row = 0
            while row < rowRange.count {
                add(input + row, first + row &* outputs, output)
                row &+= 4
            }
        }
        if isRectified { rectify(output, outputs) }
    }

    /// Four rows at once, so that the sums are read and written a quarter as often.
    @inline(__always)
    private func add(
        _ input: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
    ) {
        let (x0, x1, x2, x3) = (input[0], input[1], input[2], input[3])
        let (w0, w1, w2, w3) = (weight, weight + outputs, weight + 2 &* outputs, weight + 3 &* outputs)
        var at = 0
        while at < outputs {
            output[at] += (w0[at] * x0 + w1[at] * x1) + (w2[at] * x2 + w3[at] * x3)
            at &+= 1
        }
    }
}

@inline(__always)
private func rectify(_ numbers: UnsafeMutablePointer<Float>, _ count: Int) {
    var at = 0
    while at < count {
        numbers[at] = numbers[at] < 0 ? 0 : numbers[at]
        at &+= 1
    }
}
