/// One stream's view of the voice model: how probable speech is in each chunk of 512 samples.
///
/// The state (320 numbers) and the working memory are 15 kB, allocated once; a chunk allocates nothing. The model is
/// shared. A copy is an independent stream from that point on.
public struct VoiceActivityDetector: Sendable {
    public let model: SileroModel
    private var storage: [SIMD8<Float>]

    public init(model: SileroModel) {
        self.model = model
        storage = Array(repeating: SIMD8(repeating: 0), count: SileroLayout.count / 8)
    }

    /// Forgets what was heard, as at the start of a stream.
    public mutating func reset() {
        for index in storage.indices { storage[index] = SIMD8(repeating: 0) }
    }

    /// The probability of speech in the next 32 ms.
    /// - Parameter chunk: 512 samples at 16 kHz.
    /// - Returns: 0…1; nil where the chunk has another length, and then nothing has changed.
    public mutating func process(_ chunk: UnsafeBufferPointer<Int16>) -> Float? {
        guard chunk.count == SileroModel.chunkLength, let source = chunk.baseAddress else { return nil }
        return storage.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let numbers = base.assumingMemoryBound(to: Float.self)
            let samples = numbers + SileroLayout.signal + SileroModel.contextLength
            for index in 0..<SileroModel.chunkLength { samples[index] = Float(source[index]) * (1 / 32_768) }
            return model.step(numbers)
        }
    }
}
