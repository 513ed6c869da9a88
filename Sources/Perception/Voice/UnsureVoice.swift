import SansIO

/// A second kind of evidence, for where the model is unsure: loud but noisy speech has low probabilities for seconds, far
/// from voice and far from nothing.
///
/// A chunk counts where it is about as loud as this participant's voice and well above the room's noise. Fans and the
/// like are the room's noise, or have no probability; keys and breaths have some, but not for two thirds of a second.
struct UnsureVoice: Sendable {
    private struct Mark: Sendable {
        var start = Instant.zero
        /// The probability, but no more than `mostWeight`; 0 where the chunk does not count.
        var weight: Float = 0
        /// Whether the chunk counts and is not voice by its probability alone.
        var isUnsure = false
    }

    /// The chunks that are looked at: 1,024 ms.
    private static let window = 32
    /// A few sure chunks do not make a second of doubt.
    private static let mostWeight: Float = 0.4
    /// By what the room's noise is taken to rise, in dB a chunk (half a dB a second), until it is heard to be lower.
    private static let noiseRise: Float = 0.016
    /// Below this a chunk says nothing of the room: a muted or suppressed microphone. dBFS.
    private static let digitalSilence: Float = -100

    private var marks = Array(repeating: Mark(), count: window)
    private var next = 0
    private var unsure = 0
    private var noise: Float?
    private var end: Instant?

    /// Whether the last chunk is voice by the evidence of the last second.
    private(set) var isVoice = false

    /// Forgets what was heard, but for the room's noise.
    mutating func reset() {
        for index in marks.indices { marks[index] = Mark() }
        (unsure, isVoice, end) = (0, false, nil)
    }

    /// - Parameters:
    ///   - usualLevel: of the participant's voice, in dBFS.
    ///   - isOtherVoiceActive: then nothing counts: a loudspeaker is as unsure a voice as any.
    mutating func receive(
        _ chunk: VoiceChunk, usualLevel: Float, isOtherVoiceActive: Bool, _ configuration: VoiceSegmenter.Configuration
    ) {
        if let end, chunk.start - end > VoiceChunk.duration { reset() }
        end = chunk.end
        if chunk.level > Self.digitalSilence {
            noise = noise.map { min(chunk.level, $0 + Self.noiseRise) } ?? chunk.level
        }
        let limits = configuration.unsure
        let isLoud =
            !isOtherVoiceActive && chunk.level >= usualLevel - limits.levelMargin
            && chunk.level >= (noise ?? chunk.level) + limits.noiseMargin
        let counts = isLoud && chunk.probability >= limits.probability
        let mark = Mark(
            start: chunk.start, weight: isLoud ? min(chunk.probability, Self.mostWeight) : 0,
            isUnsure: counts && chunk.probability < configuration.activation)
        unsure += (mark.isUnsure ? 1 : 0) - (marks[next].isUnsure ? 1 : 0)
        marks[next] = mark
        next = (next + 1) % Self.window
        isVoice = counts && lasts(for: limits.minimum) && mean >= limits.mean
    }

    /// Where the voice, if it is voice, began: the first chunk of the window that counts.
    func start(_ configuration: VoiceSegmenter.Configuration) -> Instant? {
        (0..<Self.window).lazy.map { marks[(next + $0) % Self.window] }
            .first { $0.weight >= configuration.unsure.probability }?.start
    }

    /// Where something began that may turn out to be voice: half of what is needed has been heard.
    func pendingStart(_ configuration: VoiceSegmenter.Configuration) -> Instant? {
        lasts(for: configuration.unsure.minimum / 2) ? start(configuration) : nil
    }

    private func lasts(for minimum: Duration) -> Bool { unsure > 0 && VoiceChunk.duration * unsure >= minimum }

    private var mean: Float { marks.reduce(0) { $0 + $1.weight } / Float(Self.window) }
}
