import Perception
import SansIO

/// What was perceived of a recording at one time in it. Times are since the file's beginning.
public struct RecordingEvent: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        case begin, end
    }

    public enum Subject: Hashable, Sendable {
        case voice(Phase)
        case pause(Phase)
        case gesture(Gesture.Kind, Phase)
        /// A silence became longer than the candidate's own pauses.
        case longPause
        /// A hint would have been thought about.
        case helpMoment(HelpMoment.Kind, isRequest: Bool)
        /// The camera was not looked at as often as a gesture needs.
        case lookMissing
    }

    public var subject: Subject
    /// When it was so.
    public var at: Instant
    /// By when a room would have known: a gesture must last, a pause too.
    public var known: Instant
    /// When what ends here began; of a long pause the silence's begin, of a help moment that of what it rests on.
    public var since: Instant?
    /// 0…1.
    public var confidence: Double?
    /// Short names of what it rests on, or of why it ended.
    public var reasons: [String]
    /// From how long on a silence counted as long.
    public var threshold: Duration?

    public init(
        _ subject: Subject, at: Instant, known: Instant, since: Instant? = nil, confidence: Double? = nil,
        reasons: [String] = [], threshold: Duration? = nil
    ) {
        self.subject = subject
        self.at = at
        self.known = known
        self.since = since
        self.confidence = confidence
        self.reasons = reasons
        self.threshold = threshold
    }

    /// How it is called in JSON.
    public var signal: String {
        switch subject {
        case .voice: "voice"
        case .pause: "pause"
        case .gesture(let kind, _): kind.rawValue
        case .longPause: "long_pause"
        case .helpMoment: "help_moment"
        case .lookMissing: "look_missing"
        }
    }

    /// Nil for what is at one time.
    public var phase: Phase? {
        switch subject {
        case .voice(let phase), .pause(let phase), .gesture(_, let phase): phase
        case .longPause, .helpMoment, .lookMissing: nil
        }
    }
}
