/// One stream's view of the voice model: how probable speech is in each chunk of 512 samples.
///
/// What it remembers is 320 numbers; the room to work in is lent for a call, 36 kB, so chunks had better come together. The
/// model is shared. A copy is an independent stream from that point on.
public struct VoiceActivityDetector: Sendable {
    public let model: SileroModel
    private var memory: [SIMD8<Float>]

    public init(model: SileroModel) {
        self.model = model
        memory = Array(repeating: SIMD8(repeating: 0), count: SileroMemory.count / 8)
    }

    /// Chunks that are worked on at once.
    public static let mostAtOnce = SileroLayout.mostChunks

    /// Forgets what was heard, as at the start of a stream.
    public mutating func reset() {
        for index in memory.indices { memory[index] = SIMD8(repeating: 0) }
    }

    /// The probability of speech in each of the next chunks of 32 ms; the same whether they come together or one by one.
    /// - Parameters:
    ///   - samples: at 16 kHz, chunk after chunk of 512.
    ///   - body: given the probabilities, 0…1, in their order.
    /// - Returns: false where there are no whole chunks, and then nothing has changed.
    @discardableResult
    public mutating func process(_ samples: UnsafeBufferPointer<Int16>, _ body: (Float) -> Void) -> Bool {
        let (chunks, rest) = samples.count.quotientAndRemainder(dividingBy: SileroModel.chunkLength)
        guard chunks > 0, rest == 0, let source = samples.baseAddress else { return false }
        let model = model
        withUnsafeTemporaryAllocation(of: SIMD8<Float>.self, capacity: SileroLayout.count / 8) { work in
            memory.withUnsafeMutableBytes { memory in
                let work = UnsafeMutableRawBufferPointer(work)
                guard let memory = memory.baseAddress, let work = work.baseAddress else { return }
                for first in stride(from: 0, to: chunks, by: Self.mostAtOnce) {
                    model.step(
                        source + first * SileroModel.chunkLength, chunks: min(Self.mostAtOnce, chunks - first),
                        memory: memory.assumingMemoryBound(to: Float.self),
                        work: work.assumingMemoryBound(to: Float.self), body)
                }
            }
        }
        return true
    }

    /// The probability of speech in the next 32 ms.
    /// - Parameter chunk: 512 samples at 16 kHz.
    /// - Returns: 0…1; nil where the chunk has another length, and then nothing has changed.
    public mutating func process(_ chunk: UnsafeBufferPointer<Int16>) -> Float? {
        guard chunk.count == SileroModel.chunkLength else { return nil }
        var probability: Float?
        process(chunk) { probability = $0 }
        return probability
    }
}
