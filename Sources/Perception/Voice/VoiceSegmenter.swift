import SansIO
import Settings

/// Tells voice from its absence by two thresholds and two minimum lengths, from probabilities a chunk at a time.
///
/// Voice begins where the probability rises to `activation` and stays at or above `deactivation` for `minimumVoice` in
/// all; shorter bursts (a click, a cough) are as if they had not been. It ends where the probability was last at or above
/// `deactivation`, once `minimumSilence` has passed; what follows a gap and is shorter than a `syllable` (a key that is
/// struck after a word) bridges the gap, but voice does not end there. Where the model is unsure for most of a second,
/// loudness decides (`Unsure`). While somebody else in the room speaks, a chunk that is much quieter
/// than this participant's usual voice is the other's voice out of a loudspeaker, and counts as silence; so does one that
/// is known to be by its likeness with the other's track (`LoudspeakerPath`).
public struct VoiceSegmenter: Sendable {
    public struct Configuration: Hashable, Sendable, Codable {
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
        /// How alike the levels of two microphones must be for one to hear the other's voice: their correlation. 0.5…1.
        public var bleedLikeness = Float(Schema.voice.bleedLikeness.defaultValue)
        /// How much of the two is compared. 512…1,024 ms.
        public var bleedWindow = Schema.voice.bleedWindow.defaultValue
        /// How much louder than the other's voice out of the loudspeaker a chunk may be and still be that. 0…20 dB.
        public var bleedExcess = Float(Schema.voice.bleedExcess.defaultValue)
        /// What the participant's usual level is taken for before it has been heard. -60…0 dBFS.
        public var initialLevel: Float = -30
        /// What voice goes on for after a gap, to be more than a click. 0…500 ms.
        public var syllable: Duration = .milliseconds(96)
        public var unsure = Unsure()

        /// When a chunk that is no voice by its probability is one by the second around it.
        public struct Unsure: Hashable, Sendable, Codable {
            /// The probability from which a chunk counts. 0…`activation`; 1 leaves everything to the model.
            public var probability: Float = 0.08
            /// How probable speech must be on average. 0…0.4.
            public var mean: Float = 0.09
            /// How far below the participant's usual level a chunk may be. 0…60 dB.
            public var levelMargin: Float = 8
            /// How far above the room's noise it must be. 0…60 dB.
            public var noiseMargin: Float = 8
            /// How much of the last 1,024 ms must count. 0…1,024 ms.
            public var minimum: Duration = .milliseconds(640)

            public init() {}
        }

        public init() {}

        /// From the settings that count.
        public init(_ settings: Settings.Configuration) {
            activation = Float(settings[Schema.voice.activation])
            deactivation = Float(settings[Schema.voice.deactivation])
            minimumVoice = settings[Schema.voice.minimumVoice]
            minimumSilence = settings[Schema.voice.minimumSilence]
            bleedMargin = Float(settings[Schema.voice.bleedMargin])
            bleedLikeness = Float(settings[Schema.voice.bleedLikeness])
            bleedWindow = settings[Schema.voice.bleedWindow]
            bleedExcess = Float(settings[Schema.voice.bleedExcess])
        }

        /// The chunks that are compared.
        var bleedSlots: Int {
            min(max(Int(bleedWindow.wholeNanoseconds / VoiceChunk.duration.wholeNanoseconds), 8), 32)
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
    private var unsure = UnsureVoice()
    /// The end of the last chunk that counted as voice.
    private var lastVoiced = Instant.zero
    /// The end of the last chunk that may have been voice: that, or of what has been heard since a gap.
    private var lastHeard = Instant.zero
    /// Where voice ended last.
    private var lastEnd: Instant?
    /// How much has been heard since a gap in the voice, until it is a syllable; nil where there was no gap.
    private var tail: Duration?
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

    /// Where something began of which the model is unsure, and that may turn out to be voice; at most a second ago.
    public var unsureStart: Instant? {
        state == .silent ? unsure.pendingStart(configuration) : nil
    }

    /// Until when voice, or the burst, lasts if nothing more is heard; nil in silence.
    public var expiry: Instant? {
        state == .silent ? nil : lastHeard + configuration.minimumSilence
    }

    /// Takes the next chunk. Chunks come in the order of their times.
    /// - Parameter isAnothers: it is known by its likeness to be another's voice out of a loudspeaker.
    public mutating func receive(_ chunk: VoiceChunk, isAnothers: Bool = false) -> Transition? {
        let probability = isAnothers || isFaint(chunk) ? 0 : chunk.probability
        unsure.receive(
            chunk, usualLevel: usualLevel, isOtherVoiceActive: isAnothers || isOtherVoiceActive, configuration)
        let isVoice = probability >= configuration.deactivation || unsure.isVoice
        switch state {
        case .silent, .rising:
            if unsure.isVoice { return beginUnsure(with: chunk) }
            if case .rising(let start, let voiced) = state {
                guard isVoice else { return quiet(until: chunk.end) }
                extend(voiced, from: start, by: chunk)
            } else if probability >= configuration.activation {
                extend(.zero, from: chunk.start, by: chunk)
            }
        case .voiced:
            guard isVoice else {
                tail = tail ?? .zero
                return quiet(until: chunk.end)
            }
            goOn(by: chunk)
        }
        if probability >= configuration.activation { usualLevel += Self.levelShare * (chunk.level - usualLevel) }
        return confirm()
    }

    /// Voice goes on; after a gap, once what has been heard since is a syllable.
    private mutating func goOn(by chunk: VoiceChunk) {
        lastHeard = chunk.end
        guard let heard = tail else {
            lastVoiced = chunk.end
            return
        }
        tail = heard + VoiceChunk.duration
        if heard + VoiceChunk.duration >= configuration.syllable {
            lastVoiced = chunk.end
            tail = nil
        }
    }

    /// The second around the chunk says that it is voice.
    private mutating func beginUnsure(with chunk: VoiceChunk) -> Transition {
        var start = unsure.start(configuration) ?? chunk.start
        if case .rising(let burst, _) = state { start = min(start, burst) }
        // What the window still holds of earlier voice has been told.
        start = max(start, lastEnd ?? start)
        state = .voiced(start: start)
        (lastVoiced, lastHeard, tail) = (chunk.end, chunk.end, nil)
        return .began(at: start)
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
        tail = nil
        if wasVoiced { lastEnd = lastVoiced }
        return wasVoiced ? .ended(at: lastVoiced) : nil
    }

    private mutating func extend(_ voiced: Duration, from start: Instant, by chunk: VoiceChunk) {
        state = .rising(start: start, voiced: voiced + VoiceChunk.duration)
        lastVoiced = chunk.end
        lastHeard = chunk.end
    }

    private mutating func confirm() -> Transition? {
        guard case .rising(let start, let voiced) = state, voiced >= configuration.minimumVoice else { return nil }
        state = .voiced(start: start)
        return .began(at: start)
    }

    /// By its level, while another speaks.
    private func isFaint(_ chunk: VoiceChunk) -> Bool {
        isOtherVoiceActive && chunk.level < usualLevel - configuration.bleedMargin
    }
}
