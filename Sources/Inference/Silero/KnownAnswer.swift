extension SileroModel {
    /// What the released model gives for the first chunks of `knownSound`, by onnxruntime 1.27.0.
    static let knownProbabilities: [Float] = [
        0.0949681, 0.0792947, 0.0571063, 0.0422077, 0.0185838, 0.0140603, 0.0082028, 0.0076742, 0.001118, 0.0009195,
        0.0012111, 0.0014358, 0.0018353, 0.0021921, 0.0023271, 0.00244, 0.2262555, 0.1632211, 0.0829428, 0.0305791,
    ]

    /// How far a probability may be from the reference.
    static let tolerance: Float = 1e-4

    /// A sawtooth that glides up from 100 Hz, switched on and off every 4,096 samples, computed by whole numbers alone.
    static func knownSound(chunks: Int) -> [Int16] {
        var phase = 0
        return (0..<(chunks * chunkLength)).map { index in
            phase = (phase + 410 + index / 64 % 256) % 65_536
            return index / 4_096 % 2 == 0 ? Int16(truncatingIfNeeded: phase / 6 - 5_461) : 0
        }
    }

    /// Runs the model on a known sound and compares with the release's own probabilities: some milliseconds.
    /// - Throws: `wrongAnswer` with the first chunk that differs.
    public func checkKnownAnswer() throws(SileroModelError) {
        var detector = VoiceActivityDetector(model: self)
        let sound = Self.knownSound(chunks: Self.knownProbabilities.count)
        var found: [Float] = []
        sound.withUnsafeBufferPointer { samples in _ = detector.process(samples) { found.append($0) } }
        for (chunk, expected) in Self.knownProbabilities.enumerated() {
            let found = chunk < found.count ? found[chunk] : .nan
            guard abs(found - expected) <= Self.tolerance else {
                throw SileroModelError(.wrongAnswer(chunk: chunk, expected: expected, found: found))
            }
        }
    }
}
