import Settings

/// Every threshold of `PauseDetector`. Any value may change while it runs.
public struct PauseConfiguration: Hashable, Sendable, Codable {
    /// How voice is told from its absence.
    public var voice = VoiceSegmenter.Configuration()
    /// From when on the absence of voice is a pause. 1…10 s.
    public var pause = Schema.pause.minimum.defaultValue
    /// The bounds of what is a long pause. 3…120 s, the lower not above the upper. The upper is also the cap: typing does
    /// not put a long pause off beyond it.
    public var shortestLongPause = Schema.pause.shortestLong.defaultValue
    public var longestLongPause = Schema.pause.longestLong.defaultValue
    /// What is a long pause while nothing is known of the participant's own pauses. Within the bounds.
    public var initialLongPause = Schema.pause.initialLong.defaultValue
    /// How many own pauses weigh as much as `initialLongPause`. 0…100.
    public var priorWeight = Schema.pause.priorWeight.defaultValue
    /// The share of the participant's own pauses that a long pause must exceed. 0.5…1.
    public var ownPauseQuantile = Schema.pause.ownQuantile.defaultValue
    /// By what a long pause must exceed that quantile, as a factor. 1…3.
    public var ownPauseMargin = Schema.pause.ownMargin.defaultValue
    /// Silences shorter than this are breaths, not pauses, and are not learnt from. 0…3 s.
    public var shortestOwnPause: Duration = .seconds(1)
    /// How many of the last own pauses are learnt from. 1…200.
    public var ownPauseCount = 32
    /// A long pause waits until nothing has been typed for this long, within the cap. 0…60 s.
    public var typingQuiet = Schema.pause.typingQuiet.defaultValue
    /// Another's turn of at least this length starts the silence anew; a shorter one only stops its clock. 0…10 s.
    public var otherTurn = Schema.pause.otherTurn.defaultValue
    /// After how much further silence there is a long pause again; nil for one a silence. 1…600 s.
    public var repeatAfter: Duration? = Self.unlessZero(Schema.pause.repeatAfter.defaultValue)
    /// There is a long pause of someone who has not been heard to speak where they have typed, and then neither typed nor
    /// heard another's turn for this long; nil for never. 1…600 s.
    public var unspoken: Duration? = Self.unlessZero(Schema.pause.unspoken.defaultValue)
    /// After an interruption, silence must be heard for this long before it counts. 0…10 s.
    public var reassurance = Schema.pause.reassurance.defaultValue
    /// What a palm on the forehead makes of the length of a long pause, never less than `pause`. 0.1…1.
    public var palmFactor = Schema.pause.palmFactor.defaultValue
    public var confidence = Confidence()

    /// How confident a long pause is, 0…1: one of the first five, times each factor that applies.
    public struct Confidence: Hashable, Sendable, Codable {
        /// There is a code feed, and nothing was typed for the whole silence.
        public var editorIdle = 0.85
        /// There is a code feed, and typing stopped at least `typingQuiet` before.
        public var typingStopped = 0.7
        /// There is no code feed.
        public var noCodeFeed = 0.55
        /// There is a code feed, and typing went on until the cap.
        public var typedUntilCap = 0.3
        /// There is a code feed, typing stopped `unspoken` before, and nobody has heard the participant speak.
        public var neverSpoke = 0.45
        /// Factor: fewer own pauses are known than `PauseConfiguration.priorWeight`.
        public var fewOwnPauses = 0.9
        /// Factor: the silence follows another's turn.
        public var afterAnotherVoice = 0.9
        /// Factor: the connection was lost for nearly all of the silence; less of it, nearer to 1. There was silence
        /// before and after, so that what lies between is more likely silence than not.
        public var unheard = 0.65
        /// Which share of what is then missing from 1 a palm on the forehead makes good. 0…1.
        public var palm = Schema.pause.palmEvidence.defaultValue

        public init() {}
    }

    public init() {}

    /// From the settings that count.
    public init(_ settings: Configuration) {
        voice = VoiceSegmenter.Configuration(settings)
        pause = settings[Schema.pause.minimum]
        shortestLongPause = settings[Schema.pause.shortestLong]
        longestLongPause = settings[Schema.pause.longestLong]
        initialLongPause = settings[Schema.pause.initialLong]
        priorWeight = settings[Schema.pause.priorWeight]
        ownPauseQuantile = settings[Schema.pause.ownQuantile]
        ownPauseMargin = settings[Schema.pause.ownMargin]
        typingQuiet = settings[Schema.pause.typingQuiet]
        otherTurn = settings[Schema.pause.otherTurn]
        repeatAfter = Self.unlessZero(settings[Schema.pause.repeatAfter])
        unspoken = Self.unlessZero(settings[Schema.pause.unspoken])
        reassurance = settings[Schema.pause.reassurance]
        palmFactor = settings[Schema.pause.palmFactor]
        confidence.palm = settings[Schema.pause.palmEvidence]
    }

    /// The setting says zero for never.
    private static func unlessZero(_ setting: Duration) -> Duration? { setting == .zero ? nil : setting }
}

/// A participant's own pauses, and how long is long for that participant.
struct PauseHistory: Hashable, Sendable {
    private var seconds: [Double] = []
    private var next = 0

    var count: Int { seconds.count }

    mutating func record(_ pause: Duration, _ configuration: PauseConfiguration) {
        guard pause >= configuration.shortestOwnPause, configuration.ownPauseCount > 0 else { return }
        if seconds.count > configuration.ownPauseCount {
            seconds.removeLast(seconds.count - configuration.ownPauseCount)
        }
        if seconds.count < configuration.ownPauseCount {
            seconds.append(pause.inSeconds)
        } else {
            next = next < seconds.count ? next : 0
            seconds[next] = pause.inSeconds
            next += 1
        }
    }

    /// The quantile of the own pauses times its margin, drawn towards the initial value by its weight, within the bounds.
    func longPause(_ configuration: PauseConfiguration) -> Duration {
        let lower = configuration.shortestLongPause.inSeconds
        let upper = max(lower, configuration.longestLongPause.inSeconds)
        var value = configuration.initialLongPause.inSeconds
        let weight = max(0, configuration.priorWeight)
        if let quantile = quantile(configuration.ownPauseQuantile) {
            let own = quantile * configuration.ownPauseMargin
            value = (weight * value + Double(count) * own) / (weight + Double(count))
        }
        // A million seconds is beyond every bound, and within what nanoseconds can count.
        return .nanoseconds(Int64(min(max(value, lower), upper, 1e6) * 1e9))
    }

    /// Linear between the two neighbouring ranks; nil without a pause.
    func quantile(_ share: Double) -> Double? {
        let sorted = seconds.sorted()
        guard let last = sorted.last else { return nil }
        let rank = min(max(share, 0), 1) * Double(sorted.count - 1)
        let lower = Int(rank)
        guard lower + 1 < sorted.count else { return last }
        return sorted[lower] + (rank - Double(lower)) * (sorted[lower + 1] - sorted[lower])
    }
}
