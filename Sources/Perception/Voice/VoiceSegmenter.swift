import SansIO
import Settings

/// Tells voice from its absence by two thresholds and two minimum lengths, from probabilities a chunk at a time.
///
/// Voice begins where the probability rises to `activation` and stays at or above `deactivation` for `minimumVoice` in
/// all; shorter bursts (a click, a cough) are as if they had not been. It ends where the probability was last at or above
/// `deactivation`, once `minimumSilence` has passed. While somebody else in the room speaks, a chunk that is much quieter
/// than this participant's usual voice is the other's voice out of a loudspeaker, and counts as silence.
public struct VoiceSegmenter: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// The probability from which voice may begin. 0…1.
        public var activation = Float(Schema.voice.activation.defaultValue)
        /// The probability down to which it goes on. 0…`activation`.
        public var deactivation = Float(Schema.voice.deactivation.defaultValue)
        /// Bursts with less voice than this are dropped. 0…2 s.
        public var minimumVoice = Schema.voice.minimumVoice.defaultValue
        /// Gaps shorter than this do not end voice. 0…2 s.
        public var minimumSilence = Schema.voice.minimumSilence.defaultValue
        /// How far below the participant's usual level a chunk may be while others speak. 0…60 dB.
        public var bleedMargin = Float(Schema.voice.bleedMargin.defaultValue)
        /// What the participant's usual level is taken for before it has been heard. -60…0 dBFS.
        public var initialLevel: Float = -30

        public init() {}

        /// From the settings that count.
        public init(_ settings: Settings.Configuration) {
            activation = Float(settings[Schema.voice.activation])
            deactivation = Float(settings[Schema.voice.deactivation])
            minimumVoice = settings[Schema.voice.minimumVoice]
            minimumSilence = settings[Schema.voice.minimumSilence]
            bleedMargin = Float(settings[Schema.voice.bleedMargin])
        }
    }

    /// A change that a chunk has settled. Its time lies in the past: that of the sound, not of the decision.
    public enum Transition: Hashable, Sendable {
        case began(at: Instant)
        case ended(at: Instant)
    }

    private enum State: Hashable, Sendable {
        case silent
        /// A burst that is not yet long enough.
        case rising(start: Instant, voiced: Duration)
        case voiced(start: Instant)
    }

    public var configuration: Configuration
    /// Whether another participant speaks just now.
    public var isOtherVoiceActive = false
    private var state = State.silent
    /// The end of the last chunk that counted as voice.
    private var lastVoiced = Instant.zero
    private var usualLevel: Float

    /// The share of a new chunk in the usual level: an average over about 1.6 s of voice.
    private static let levelShare: Float = 0.02

    public init(configuration: Configuration = .init()) {
        self.configuration = configuration
        usualLevel = configuration.initialLevel
    }

    /// Whether voice has begun and not ended.
    public var isVoiced: Bool {
        if case .voiced = state { true } else { false }
    }

    /// Where the burst began that is not yet long enough to be voice.
    public var pendingStart: Instant? {
        if case .rising(let start, _) = state { start } else { nil }
    }

    /// Until when voice, or the burst, lasts if nothing more is heard; nil in silence.
    public var expiry: Instant? {
        state == .silent ? nil : lastVoiced + configuration.minimumSilence
    }

    /// Takes the next chunk. Chunks come in the order of their times.
    public mutating func receive(_ chunk: VoiceChunk) -> Transition? {
        let probability = isBleed(chunk) ? 0 : chunk.probability
        switch state {
        case .silent:
            if probability >= configuration.activation { extend(.zero, from: chunk.start, by: chunk) }
        case .rising(let start, let voiced):
            if probability >= configuration.deactivation {
                extend(voiced, from: start, by: chunk)
            } else {
                return quiet(until: chunk.end)
            }
        case .voiced:
            guard probability >= configuration.deactivation else { return quiet(until: chunk.end) }
            lastVoiced = chunk.end
        }
        if probability >= configuration.activation { usualLevel += Self.levelShare * (chunk.level - usualLevel) }
        return confirm()
    }

    /// Says that nothing was heard up to an instant: ends what has expired by then.
    public mutating func quiet(until instant: Instant) -> Transition? {
        guard let expiry, instant >= expiry else { return nil }
        return interrupt()
    }

    /// Ends what is going on where it was last heard: the sound has gone (muted, unpublished).
    public mutating func interrupt() -> Transition? {
        let wasVoiced = isVoiced
        state = .silent
        return wasVoiced ? .ended(at: lastVoiced) : nil
    }

    private mutating func extend(_ voiced: Duration, from start: Instant, by chunk: VoiceChunk) {
        state = .rising(start: start, voiced: voiced + VoiceChunk.duration)
        lastVoiced = chunk.end
    }

    private mutating func confirm() -> Transition? {
        guard case .rising(let start, let voiced) = state, voiced >= configuration.minimumVoice else { return nil }
        state = .voiced(start: start)
        return .began(at: start)
    }

    private func isBleed(_ chunk: VoiceChunk) -> Bool {
        isOtherVoiceActive && chunk.level < usualLevel - configuration.bleedMargin
    }
}
