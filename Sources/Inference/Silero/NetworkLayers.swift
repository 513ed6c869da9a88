import CFloats

// Where the processor has them, the two layers below use instructions that Swift cannot name; they give the same bits.
// Otherwise they are written over single numbers, not SIMD types: the compiler makes the same vectors of them in a release
// build, and a debug build, where SIMD operators are calls, is twenty times faster.
//
// Weights stand in blocks of outputs, in the order in which they are used: a layer is read from one end to the other, and a
// block is in the nearest cache for all but the first of the inputs that meet it together.

/// Whether this processor has the wide instructions.
let hasWideFloats = jask_floats_is_wide() != 0

/// A convolution of three taps over four frames (padded by one on each side), rectified: the widest layer of the network.
struct FrameConvolution: Sendable {
    let inputs: Int
    let outputs: Int
    /// For each block of outputs, [inputs][3][outputs of the block].
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
        let blocks = OutputBlocks(outputs, of: Int(JASK_FLOATS_FRAME_BLOCK))
        weights = blocks.pack(rows: 3 * inputs) { row, output in weight[output * 3 * inputs + row] }
    }

    /// - Parameters:
    ///   - batch: an input is [inputs][4 frames], an output has room for [4 frames][outputs].
    ///   - isWide: whether the processor's wide instructions are used, which it must have.
    func apply(_ batch: jask_floats_batch, isWide: Bool = hasWideFloats) {
        for index in 0..<batch.count {
            for frame in 0..<4 { (batch.output(index) + frame * outputs).update(from: bias, count: outputs) }
        }
        weights.withUnsafeBufferPointer { weights in
            guard let base = weights.baseAddress else { return }
            if isWide { return jask_floats_add_frames(batch, inputs, base, outputs) }
            for index in 0..<batch.count { add(batch.input(index), base, batch.output(index)) }
        }
        for index in 0..<batch.count { rectify(batch.output(index), 4 * outputs) }
    }

    private func add(
        _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
    ) {
        OutputBlocks(outputs, of: Int(JASK_FLOATS_FRAME_BLOCK)).forEach { first, count in
            var channel = 0
            while channel < inputs {
                let row = weights + 3 &* (first &* inputs &+ channel &* count)
                add(input + 4 &* channel, row, count, output + first)
                channel &+= 1
            }
        }
    }

    @inline(__always)
    private func add(
        _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutablePointer<Float>
    ) {
        let (x0, x1, x2, x3) = (x[0], x[1], x[2], x[3])
        let (w0, w1, w2) = (weight, weight + count, weight + 2 &* count)
        let (y0, y1, y2, y3) = (output, output + outputs, output + 2 &* outputs, output + 3 &* outputs)
        var at = 0
        while at < count {
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
    /// For each block of outputs, [rows][outputs of the block].
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
        weights = OutputBlocks(outputs, of: Int(JASK_FLOATS_ROW_BLOCK)).pack(rows: rows, weight)
    }

    /// - Parameters:
    ///   - batch: an input is one number for each of `rows`, a multiple of four, an output has room for `outputs` numbers.
    ///     Rows that are not named meet only padding.
    ///   - isWide: whether the processor's wide instructions are used, which it must have.
    func apply(_ batch: jask_floats_batch, rows: Range<Int>, isRectified: Bool, isWide: Bool = hasWideFloats) {
        for index in 0..<batch.count { batch.output(index).update(from: bias, count: outputs) }
        add(batch, rows: rows, isWide: isWide)
        guard isRectified else { return }
        for index in 0..<batch.count { rectify(batch.output(index), outputs) }
    }

    /// The same without bias: added to what the outputs are.
    func add(_ batch: jask_floats_batch, rows: Range<Int>, isWide: Bool = hasWideFloats) {
        weights.withUnsafeBufferPointer { weights in
            guard let base = weights.baseAddress else { return }
            if isWide { return jask_floats_add_rows(batch, rows.lowerBound, rows.count, base, self.rows, outputs) }
            for index in 0..<batch.count { add(batch.input(index), rows, base, batch.output(index)) }
        }
    }

    private func add(
        _ input: UnsafePointer<Float>, _ rows: Range<Int>, _ weights: UnsafePointer<Float>,
        _ output: UnsafeMutablePointer<Float>
    ) {
        OutputBlocks(outputs, of: Int(JASK_FLOATS_ROW_BLOCK)).forEach { first, count in
            var row = 0
            while row < rows.count {
                let weight = weights + (first &* self.rows &+ (rows.lowerBound &+ row) &* count)
                add(input + row, weight, count, output + first)
                row &+= 4
            }
        }
    }

    /// Four rows at once, so that the sums are read and written a quarter as often.
    @inline(__always)
    private func add(
        _ input: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ count: Int,
        _ output: UnsafeMutablePointer<Float>
    ) {
        let (x0, x1, x2, x3) = (input[0], input[1], input[2], input[3])
        let (w0, w1, w2, w3) = (weight, weight + count, weight + 2 &* count, weight + 3 &* count)
        var at = 0
        while at < count {
            output[at] += (w0[at] * x0 + w1[at] * x1) + (w2[at] * x2 + w3[at] * x3)
            at &+= 1
        }
    }
}

/// Outputs of a layer in blocks whose weights stand together; the last may be smaller.
private struct OutputBlocks {
    let outputs: Int
    let size: Int

    init(_ outputs: Int, of size: Int) {
        self.outputs = outputs
        self.size = size
    }

    @inline(__always)
    func forEach(_ body: (_ first: Int, _ count: Int) -> Void) {
        var first = 0
        while first < outputs {
            body(first, min(size, outputs &- first))
            first &+= size
        }
    }

    /// For each block, [rows][outputs of the block].
    func pack(rows: Int, _ weight: (_ row: Int, _ output: Int) -> Float) -> [Float] {
        var packed: [Float] = []
        packed.reserveCapacity(rows * outputs)
        forEach { first, count in
            for row in 0..<rows { for output in first..<(first + count) { packed.append(weight(row, output)) } }
        }
        return packed
    }
}

extension jask_floats_batch {
    /// - Parameter steps: from one input to the next, and from one output to the next, in numbers.
    init(
        _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int = 1,
        steps: (input: Int, output: Int) = (0, 0)
    ) {
        self.init(
            input: input, input_step: steps.input, output: output, output_step: steps.output, count: count)
    }

    @inline(__always)
    fileprivate func input(_ index: Int) -> UnsafePointer<Float> { input + index &* input_step }

    @inline(__always)
    fileprivate func output(_ index: Int) -> UnsafeMutablePointer<Float> { output + index &* output_step }
}

@inline(__always)
private func rectify(_ numbers: UnsafeMutablePointer<Float>, _ count: Int) {
    var at = 0
    while at < count {
        numbers[at] = numbers[at] < 0 ? 0 : numbers[at]
        at &+= 1
    }
}
