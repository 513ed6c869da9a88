import Inference
import Perception
import SansIO

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Cuts a participant's sound, which comes in frames of any length, into the chunks that the voice model takes.
///
/// A frame says when its first sample was spoken. Frames that follow each other keep the running time, so that a jittering
/// map from media time to local time does not jitter the chunks; a frame that is off by more than `tolerance` begins a
/// new run: the samples held back are dropped, and the chunk's time is the frame's.
public struct VoiceChunker: Sendable {
    private var detector: VoiceActivityDetector
    /// Samples that were not handed out yet, from `heldStart` on: a chunk's beginning, and before it whole ones.
    private var held: [Int16] = []
    private var heldStart: Instant?

    /// How far a frame's time may be from the time the samples before it lead to expect.
    public static let tolerance: Duration = .milliseconds(40)
    private static let nanosecondsPerSample: Int64 = 62_500
    private static let mostHeld = VoiceActivityDetector.mostAtOnce * SileroModel.chunkLength

    public init(model: SileroModel) {
        detector = VoiceActivityDetector(model: model)
        held.reserveCapacity(Self.mostHeld)
    }

    /// Takes samples in and hands out each chunk that they complete, oldest first.
    /// - Parameters:
    ///   - samples: 16 kHz, mono; any count.
    ///   - start: when the first of them was spoken, on the local clock.
    public mutating func append(
        _ samples: UnsafeBufferPointer<Int16>, at start: Instant, _ body: (VoiceChunk) -> Void
    ) {
        hold(samples, at: start, body)
        finish(body)
    }

    /// The same, but chunks may be held back until `finish`: together they cost less.
    public mutating func hold(
        _ samples: UnsafeBufferPointer<Int16>, at start: Instant, _ body: (VoiceChunk) -> Void
    ) {
        guard !samples.isEmpty else { return }
        let expected = heldStart.map { $0 + Self.duration(ofSamples: held.count) }
        if let expected,
            start.duration(to: expected).wholeNanoseconds.magnitude <= Self.tolerance.wholeNanoseconds.magnitude
        {
            // The run goes on.
        } else {
            finish(body)
            held.removeAll(keepingCapacity: true)
            heldStart = start
        }
        var position = samples.startIndex
        while position < samples.endIndex {
            let count = min(Self.mostHeld - held.count, samples.endIndex - position)
            held.append(contentsOf: samples[position..<(position + count)])
            position += count
            if held.count == Self.mostHeld { finish(body) }
        }
    }

    /// Hands out the chunks that are whole.
    public mutating func finish(_ body: (VoiceChunk) -> Void) {
        let count = held.count / SileroModel.chunkLength * SileroModel.chunkLength
        guard count > 0, var start = heldStart else { return }
        held.withUnsafeBufferPointer { held in
            var position = 0
            detector.process(UnsafeBufferPointer(rebasing: held[..<count])) { probability in
                let samples = UnsafeBufferPointer(rebasing: held[position..<(position + SileroModel.chunkLength)])
                body(VoiceChunk(start: start, probability: probability, level: Self.level(of: samples)))
                position += SileroModel.chunkLength
                start = start + VoiceChunk.duration
            }
        }
        held.removeFirst(count)
        heldStart = start
    }

    /// The chunks that the samples complete, as an array: for tools and tests.
    public mutating func chunks(of samples: [Int16], at start: Instant) -> [VoiceChunk] {
        var chunks: [VoiceChunk] = []
        samples.withUnsafeBufferPointer { append($0, at: start) { chunks.append($0) } }
        return chunks
    }

    /// Forgets everything: the next samples are a new stream (another track).
    public mutating func reset() {
        detector.reset()
        held.removeAll(keepingCapacity: true)
        heldStart = nil
    }

    private static func level(of samples: UnsafeBufferPointer<Int16>) -> Float {
        var energy: Int64 = 0
        for sample in samples { energy &+= Int64(sample) &* Int64(sample) }
        guard energy > 0, !samples.isEmpty else { return VoiceChunk.quietest }
        let power = Float(energy) / Float(samples.count) / (32_768 * 32_768)
        return max(VoiceChunk.quietest, 10 * log10f(power))
    }

    private static func duration(ofSamples count: Int) -> Duration {
        .nanoseconds(Int64(count) &* nanosecondsPerSample)
    }
}
