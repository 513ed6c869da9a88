/// What was seen or heard that makes a hint worth considering: a fact, never a feeling.
public struct TriggerFacts: Sendable, Hashable, Codable {
    /// The name of the event, as in `jask.hint`: `long_pause`, `request`, `raised_hand`, `palm_to_forehead`.
    public var kind: String
    /// 0…1: how much the facts say that help is wanted. 1 for a direct request.
    public var confidence: Double
    /// Seconds since the candidate last spoke, where that is known.
    public var silentFor: Double?
    /// Further facts by name. Only those named by `Detail` reach a prompt; the rest stays in the process.
    public var details: [String: String]

    public init(kind: String, confidence: Double, silentFor: Double? = nil, details: [String: String] = [:]) {
        self.kind = kind
        self.confidence = confidence
        self.silentFor = silentFor
        self.details = details
    }

    /// The candidate was silent for longer than is usual for them.
    public static let longPause = "long_pause"
    /// The candidate or an interviewer asked for a hint.
    public static let request = "request"
    /// The candidate raised a hand: a request without words.
    public static let raisedHand = "raised_hand"
    /// The candidate put a palm to the forehead.
    public static let palmToForehead = "palm_to_forehead"

    /// The details that may leave the process with a prompt. Nothing that names a person belongs here.
    public enum Detail: String, Sendable, CaseIterable {
        /// Why the event counts, as perception names it, for example `editorIdle, repeated`.
        case reasons
        /// Seconds since the last keystroke.
        case typingIdle = "typing_idle_s"
        /// Seconds of silence that count as long for this candidate.
        case threshold = "threshold_s"
        /// How many tests passed in the last run.
        case passed
        /// How many tests failed in the last run.
        case failed
        /// What the one who asked wrote, untrusted.
        case question
    }

    public subscript(_ detail: Detail) -> String? {
        get { details[detail.rawValue] }
        set { details[detail.rawValue] = newValue }
    }
}
