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
    private let memory: DenseLayer
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
        memory = try Self.memory(file)
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
    private static func memory(_ file: ONNXTensors) throws(SileroModelError) -> DenseLayer {
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

/// Where a stream's numbers lie in its storage, counted in floats; all are multiples of eight.
enum SileroLayout {
    /// What the memory cell reads: 128 from the encoder, then its own last 128 outputs (kept from chunk to chunk).
    static let encoded = 0
    static let hidden = 128
    /// The memory cell's 128 values (kept from chunk to chunk).
    static let cell = 256
    /// 64 samples of the chunk before (kept), 512 new, 64 mirrored.
    static let signal = 384
    static let real = 1_024
    static let imaginary = 1_536
    static let magnitudes = 2_048
    static let firstOutput = 2_568
    static let secondOutput = 3_080
    static let thirdOutput = 3_208
    static let gates = 3_272
    static let count = 3_784
}

extension SileroModel {
    /// One step of a stream whose 512 new samples lie at `SileroLayout.signal + contextLength`.
    /// - Parameter storage: `SileroLayout.count` floats, aligned to 32 bytes.
    /// - Returns: the probability of speech, 0…1.
    func step(_ storage: UnsafeMutablePointer<Float>) -> Float {
        let signal = storage + SileroLayout.signal
        let known = Self.contextLength + Self.chunkLength
        for offset in 0..<(ShortTimeSpectrum.signalLength - known) {
            signal[known + offset] = signal[known - 2 - offset]
        }
        let frames = UnsafeMutableRawPointer(storage)
        let magnitudes = Self.frames(frames, SileroLayout.magnitudes)
        spectrum.magnitudes(
            of: signal, real: Self.frames(frames, SileroLayout.real),
            imaginary: Self.frames(frames, SileroLayout.imaginary), into: magnitudes)
        encode(magnitudes, storage)
        memory.apply(
            storage + SileroLayout.encoded, rows: 0..<(2 * Self.width), isRectified: false,
            into: storage + SileroLayout.gates)
        let sum = remember(storage)
        // The next chunk's context is the end of this one.
        (storage + SileroLayout.signal).update(from: signal + Self.chunkLength, count: Self.contextLength)
        return VectorMath.sigmoid(SIMD8(repeating: sum))[0]
    }

    @inline(__always)
    private static func frames(_ storage: UnsafeMutableRawPointer, _ at: Int) -> UnsafeMutablePointer<SIMD4<Float>> {
        // The regions are disjoint and only ever read and written as vectors of four.
        (storage + at * MemoryLayout<Float>.stride).assumingMemoryBound(to: SIMD4<Float>.self)
    }

    /// The steps of two and the padding leave frames 0…1 and 1…3 for the second layer, and its middle for the last.
    @inline(__always)
    private func encode(_ magnitudes: UnsafePointer<SIMD4<Float>>, _ storage: UnsafeMutablePointer<Float>) {
        let (one, two, three) = (
            storage + SileroLayout.firstOutput, storage + SileroLayout.secondOutput, storage + SileroLayout.thirdOutput
        )
        first.apply(magnitudes, into: one)
        second.apply(one, rows: Self.width..<(3 * Self.width), isRectified: true, into: two)
        second.apply(one + Self.width, rows: 0..<(3 * Self.width), isRectified: true, into: two + Self.narrow)
        third.apply(two, rows: Self.narrow..<(3 * Self.narrow), isRectified: true, into: three)
        fourth.apply(
            three, rows: Self.narrow..<(2 * Self.narrow), isRectified: true, into: storage + SileroLayout.encoded)
    }

    /// Updates the memory cell from its gates. Returns the output layer's sum, before the sigmoid.
    @inline(__always)
    private func remember(_ storage: UnsafeMutablePointer<Float>) -> Float {
        let (gates, cell, hidden) = (
            storage + SileroLayout.gates, storage + SileroLayout.cell, storage + SileroLayout.hidden
        )
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
