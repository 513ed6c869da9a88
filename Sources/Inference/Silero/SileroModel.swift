import CFloats

/// The weights of Silero VAD v6.2 (16 kHz), shared by every stream; immutable.
///
/// The network (its constants are those of the released ONNX graph): 576 samples, 64 of them from the chunk before,
/// mirrored by 64 at the end ▸ magnitudes of four frames ▸ four convolutions of three taps (129→128, 128→64 and 64→64 by
/// steps of two, 64→128) ▸ a long short-term memory cell of 128 ▸ one number through a sigmoid.
public final class SileroModel: Sendable {
    /// The SHA-256 of the released file, `silero_vad_16k_op15.onnx` of the PyPI package silero-vad 6.2.3.
    public static let releasedSHA256 = "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"
    /// The name of the released file.
    public static let fileName = "silero_vad_16k_op15.onnx"
    /// Samples a second that the model was trained on.
    public static let sampleRate = 16_000
    /// Samples a chunk: 32 ms.
    public static let chunkLength = 512
    /// Samples of the chunk before that the model sees again.
    static let contextLength = 64

    private static let width = 128
    private static let narrow = 64

    private let spectrum: ShortTimeSpectrum
    private let first: FrameConvolution
    private let second: DenseLayer
    private let third: DenseLayer
    private let fourth: DenseLayer
    private let cell: DenseLayer
    private let outputWeight: [SIMD8<Float>]
    private let outputBias: Float

    /// Reads the weights out of an ONNX file's bytes.
    /// - Parameter sha256: what the bytes must hash to, in lower-case hexadecimal; nil leaves it unchecked.
    /// - Throws: what is wrong with the file, without its path.
    public init(onnx bytes: [UInt8], sha256: String? = SileroModel.releasedSHA256) throws(SileroModelError) {
        if let sha256 {
            let found = try Self.sha256(of: bytes)
            guard found == sha256 else { throw SileroModelError(.wrongHash(expected: sha256, found: found)) }
        }
        let file = try ONNXTensors(parsing: bytes)
        let (wide, narrow, bins) = (Self.width, Self.narrow, ShortTimeSpectrum.bins)
        spectrum = try ShortTimeSpectrum(
            basis: file.floats("model.stft.forward_basis_buffer", shape: [2 * bins, 1, ShortTimeSpectrum.frameLength]))
        let encoder = "model.encoder."
        first = FrameConvolution(
            weight: try file.floats(encoder + "0.reparam_conv.weight", shape: [wide, bins, 3]),
            bias: try file.floats(encoder + "0.reparam_conv.bias", shape: [wide]), inputs: bins, outputs: wide)
        second = try Self.convolution(file, encoder + "1.reparam_conv", inputs: wide, outputs: narrow)
        third = try Self.convolution(file, encoder + "2.reparam_conv", inputs: narrow, outputs: narrow)
        fourth = try Self.convolution(file, encoder + "3.reparam_conv", inputs: narrow, outputs: wide)
        cell = try Self.cell(file)
        outputWeight = VectorMath.packed(try file.floats("model.decoder.decoder.2.weight", shape: [1, wide, 1]))
        outputBias = try file.floats("model.decoder.decoder.2.bias", shape: [1]).first ?? 0
    }

    /// A convolution of three taps as a matrix over three neighbouring frames, one after the other.
    private static func convolution(
        _ file: ONNXTensors, _ name: String, inputs: Int, outputs: Int
    ) throws(SileroModelError) -> DenseLayer {
        let weight = try file.floats(name + ".weight", shape: [outputs, inputs, 3])
        let bias = try file.floats(name + ".bias", shape: [outputs])
        return DenseLayer(rows: 3 * inputs, outputs: outputs, bias: bias) { row, output in
            weight[(output * inputs + row % inputs) * 3 + row / inputs]
        }
    }

    /// The four gates (input, forget, cell, output) over the new input and the last output, one after the other.
    private static func cell(_ file: ONNXTensors) throws(SileroModelError) -> DenseLayer {
        let shape = [4 * width, width]
        let input = try file.floats("model.decoder.rnn.weight_ih", shape: shape)
        let recurrent = try file.floats("model.decoder.rnn.weight_hh", shape: shape)
        let inputBias = try file.floats("model.decoder.rnn.bias_ih", shape: [4 * width])
        let recurrentBias = try file.floats("model.decoder.rnn.bias_hh", shape: [4 * width])
        let bias = zip(inputBias, recurrentBias).map { $0 + $1 }
        return DenseLayer(rows: 2 * width, outputs: 4 * width, bias: bias) { row, output in
            row < width ? input[output * width + row] : recurrent[output * width + row - width]
        }
    }
}

/// What a stream remembers from chunk to chunk, in floats; all places are multiples of eight.
enum SileroMemory {
    /// The memory cell's last 128 outputs.
    static let hidden = 0
    /// The memory cell's 128 values.
    static let cell = 128
    /// 64 samples of the chunk before.
    static let context = 256
    static let count = 320
}

/// Where the numbers of up to four chunks lie while they are worked on, in floats; all places are multiples of eight.
enum SileroLayout {
    static let mostChunks = 4

    /// Of one chunk after the other: 64 samples of the chunk before, 512 new ones, 64 mirrored.
    static let signal = 0
    static let real = 640
    static let imaginary = 1_152
    /// From here on each chunk has its own, `chunk` apart.
    static let magnitudes = 1_664
    static let firstOutput = 2_184
    static let secondOutput = 2_696
    static let thirdOutput = 2_824
    static let encoded = 2_888
    static let gates = 3_016
    static let chunk = 3_528 - magnitudes
    static let count = magnitudes + mostChunks * chunk
}

extension SileroModel {
    /// The next chunks of a stream. All but the memory cell's own past is computed for all of them at once, since reading
    /// the weights takes longer than multiplying by them.
    /// - Parameters:
    ///   - samples: so many chunks of 512, one after the other; at most `SileroLayout.mostChunks`.
    ///   - memory: `SileroMemory.count` floats, aligned to 32 bytes.
    ///   - work: `SileroLayout.count` floats, aligned to 32 bytes, of any value.
    ///   - body: given the probability of speech, 0…1, of each chunk in turn.
    func step(
        _ samples: UnsafePointer<Int16>, chunks: Int, memory: UnsafeMutablePointer<Float>,
        work: UnsafeMutablePointer<Float>, _ body: (Float) -> Void
    ) {
        for chunk in 0..<chunks {
            load(samples + chunk &* Self.chunkLength, memory, work)
            let numbers = UnsafeMutableRawPointer(work)
            spectrum.magnitudes(
                of: work + SileroLayout.signal, real: Self.frames(numbers, SileroLayout.real),
                imaginary: Self.frames(numbers, SileroLayout.imaginary),
                into: Self.frames(numbers, SileroLayout.magnitudes &+ chunk &* SileroLayout.chunk))
        }
        encode(work, chunks)
        cell.apply(
            batch(work, SileroLayout.encoded, SileroLayout.gates, chunks), rows: 0..<Self.width, isRectified: false)
        for chunk in 0..<chunks {
            let gates = work + SileroLayout.gates + chunk &* SileroLayout.chunk
            cell.add(
                jask_floats_batch(memory + SileroMemory.hidden, into: gates), rows: Self.width..<(2 * Self.width))
            body(VectorMath.sigmoid(SIMD8(repeating: remember(memory, gates)))[0])
        }
    }

    /// Puts a chunk between the end of the one before and its own, mirrored.
    @inline(__always)
    private func load(
        _ samples: UnsafePointer<Int16>, _ memory: UnsafeMutablePointer<Float>, _ work: UnsafeMutablePointer<Float>
    ) {
        let (signal, context) = (work + SileroLayout.signal, memory + SileroMemory.context)
        signal.update(from: context, count: Self.contextLength)
        let new = signal + Self.contextLength
        for index in 0..<Self.chunkLength { new[index] = Float(samples[index]) * (1 / 32_768) }
        let known = Self.contextLength + Self.chunkLength
        for offset in 0..<(ShortTimeSpectrum.signalLength - known) {
            signal[known + offset] = signal[known - 2 - offset]
        }
        context.update(from: signal + Self.chunkLength, count: Self.contextLength)
    }

    @inline(__always)
    private static func frames(_ work: UnsafeMutableRawPointer, _ at: Int) -> UnsafeMutablePointer<SIMD4<Float>> {
        // The regions are disjoint; the spectrum's are read and written as vectors of four, and then as numbers by C.
        (work + at * MemoryLayout<Float>.stride).assumingMemoryBound(to: SIMD4<Float>.self)
    }

    /// The steps of two and the padding leave frames 0…1 and 1…3 for the second layer, and its middle for the last.
    @inline(__always)
    private func encode(_ work: UnsafeMutablePointer<Float>, _ chunks: Int) {
        let (one, two, three) = (SileroLayout.firstOutput, SileroLayout.secondOutput, SileroLayout.thirdOutput)
        first.apply(batch(work, SileroLayout.magnitudes, one, chunks))
        second.apply(batch(work, one, two, chunks), rows: Self.width..<(3 * Self.width), isRectified: true)
        second.apply(
            batch(work, one + Self.width, two + Self.narrow, chunks), rows: 0..<(3 * Self.width), isRectified: true)
        third.apply(batch(work, two, three, chunks), rows: Self.narrow..<(3 * Self.narrow), isRectified: true)
        fourth.apply(
            batch(work, three, SileroLayout.encoded, chunks), rows: Self.narrow..<(2 * Self.narrow), isRectified: true)
    }

    @inline(__always)
    private func batch(_ work: UnsafeMutablePointer<Float>, _ input: Int, _ output: Int, _ chunks: Int)
        -> jask_floats_batch
    {
        let step = SileroLayout.chunk
        return jask_floats_batch(work + input, into: work + output, count: chunks, steps: (step, step))
    }

    /// Updates the memory cell from its gates. Returns the output layer's sum, before the sigmoid.
    @inline(__always)
    private func remember(_ memory: UnsafeMutablePointer<Float>, _ gates: UnsafeMutablePointer<Float>) -> Float {
        let (cell, hidden) = (memory + SileroMemory.cell, memory + SileroMemory.hidden)
        var sum = SIMD8<Float>(repeating: 0)
        for at in stride(from: 0, to: Self.width, by: 8) {
            let input = VectorMath.sigmoid(VectorMath.load(gates + at))
            let forget = VectorMath.sigmoid(VectorMath.load(gates + Self.width + at))
            let candidate = VectorMath.tanh(VectorMath.load(gates + 2 * Self.width + at))
            let output = VectorMath.sigmoid(VectorMath.load(gates + 3 * Self.width + at))
            let kept = forget * VectorMath.load(cell + at) + input * candidate
            let heard = output * VectorMath.tanh(kept)
            VectorMath.store(kept, cell + at)
            VectorMath.store(heard, hidden + at)
            sum += VectorMath.rectified(heard) * outputWeight[at / 8]
        }
        return sum.sum() + outputBias
    }
}
