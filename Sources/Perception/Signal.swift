import SansIO

/// A neutral fact about a participant, with its time: all that the rest of Jask learns from perception.
///
/// Signals name what was seen or heard, never what was felt. Times are on the local clock; `participant` is who, by LiveKit
/// identity. There will be further cases, so a consumer that only forwards should not enumerate them.
public enum Signal: Hashable, Sendable, Codable {
    /// The participant began to speak at `at`; known a quarter of a second later.
    case voiceBegan(participant: Identity, at: Instant)
    /// The participant's voice ended at `at`; known a fifth of a second later.
    case voiceEnded(participant: Identity, at: Instant)
    /// The participant's voice has been absent from `since` on for as long as makes a pause (3 s).
    case pause(participant: Identity, since: Instant)
    /// The pause that began at `since`, or a long one of somebody who has not spoken, is over at `at`.
    case pauseEnded(participant: Identity, since: Instant, at: Instant, cause: PauseEnd)
    /// A silence that is worth acting on.
    case longPause(LongPause)
    /// The participant raised a hand, or put a palm to the forehead.
    case gestureBegan(Gesture)
    /// The gesture that began at `since` was last seen at `at`, and has not come again.
    case gestureEnded(participant: Identity, kind: Gesture.Kind, since: Instant, at: Instant, cause: GestureEnd)
    /// Between the two a gesture was being decided, or was on, and the camera was not looked at as often as that needs:
    /// what it would have shown is not known. As in a replay with other thresholds than those of the recording.
    case lookMissing(participant: Identity, since: Instant, at: Instant)

    /// Whether a camera showed it.
    public var isSeen: Bool {
        switch self {
        case .gestureBegan, .gestureEnded, .lookMissing: true
        case .voiceBegan, .voiceEnded, .pause, .pauseEnded, .longPause: false
        }
    }

    /// Who the signal is about.
    public var participant: Identity {
        switch self {
        case .voiceBegan(let participant, _), .voiceEnded(let participant, _), .pause(let participant, _),
            .pauseEnded(let participant, _, _, _), .gestureEnded(let participant, _, _, _, _),
            .lookMissing(let participant, _, _):
            participant
        case .longPause(let pause): pause.participant
        case .gestureBegan(let gesture): gesture.participant
        }
    }
}

/// Why a pause is over.
public enum PauseEnd: String, Hashable, Sendable, Codable {
    /// The participant spoke.
    case voice
    /// The sound went away (muted, unpublished): whether there is silence is no longer known.
    case unheard
}

/// A silence of one participant that is longer than that participant's own pauses.
public struct LongPause: Hashable, Sendable, Codable {
    /// What the confidence rests on.
    public enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
        /// There is a code feed and nothing was typed for the whole silence.
        case editorIdle
        /// There is a code feed, and typing stopped some time before.
        case typingStopped
        /// There is a code feed, and typing went on until the cap was reached.
        case typedUntilCap
        /// There is no code feed, so silent work cannot be told from being stuck.
        case noCodeFeed
        /// Nobody has heard the participant speak; there is a code feed, and typing stopped some time before.
        case neverSpoke
        /// Fewer own pauses are known than make an own threshold.
        case fewOwnPauses
        /// The silence follows another participant's turn, which the candidate may be thinking about.
        case afterAnotherVoice
        /// For a part of the silence no sound arrived.
        case partlyUnheard
        /// The silence goes on after an earlier long pause.
        case repeated
        /// A palm was on the forehead during the silence.
        case palmToForehead
    }

    public var participant: Identity
    /// When the silence began: the end of the participant's voice or of another's turn, whichever was later; of one who
    /// has not spoken, the end of their typing if that was later still.
    public var since: Instant
    /// When it had lasted long enough.
    public var at: Instant
    /// How long counted as long for this participant at this time.
    public var threshold: Duration
    /// 0…1: how much the facts say that this is more than an ordinary pause. Silence alone is weak evidence.
    public var confidence: Double
    public var reasons: [Reason]

    public init(
        participant: Identity, since: Instant, at: Instant, threshold: Duration, confidence: Double, reasons: [Reason]
    ) {
        self.participant = participant
        self.since = since
        self.at = at
        self.threshold = threshold
        self.confidence = confidence
        self.reasons = reasons
    }
}

/// As whole nanoseconds.
extension Instant: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(nanoseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(nanoseconds)
    }
}
