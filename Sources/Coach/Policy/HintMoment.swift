import SansIO

/// A moment in which a hint may help, as the policy is asked about it.
public struct HintMoment: Sendable, Hashable, Identifiable {
    /// Unique within one session.
    public var id: UInt64
    public var trigger: TriggerFacts
    /// Someone asked for a hint, rather than perception suggesting one.
    public var isRequest: Bool
    /// It goes on until it is said to be over: a silence, a hand that is up. What is only said once is not offered again.
    public var lasts: Bool

    /// - Parameter lasts: nil for what nobody asked for.
    public init(id: UInt64, trigger: TriggerFacts, isRequest: Bool, lasts: Bool? = nil) {
        self.id = id
        self.trigger = trigger
        self.isRequest = isRequest
        self.lasts = lasts ?? !isRequest
    }
}

/// The policy's leave to ask the coach once.
public struct HintTicket: Sendable, Hashable {
    /// Unique within one policy; grows.
    public var id: UInt64
    /// The tier to ask for.
    public var tier: Int
    public var moment: HintMoment
    /// When leave was given.
    public var issuedAt: Instant

    public init(id: UInt64, tier: Int, moment: HintMoment, issuedAt: Instant) {
        self.id = id
        self.tier = tier
        self.moment = moment
        self.issuedAt = issuedAt
    }
}

/// What the policy decided, with its reason.
public enum HintDecision: Sendable, Hashable {
    /// Ask the coach now.
    case ask(HintTicket)
    /// Kept until the deadline or a change; a later verb or `timeout(at:)` returns what becomes of it.
    case wait(HintMoment, reason: WaitReason)
    /// Not now, but once what the reason says is over, should the moment last until then: a silence, say. A later verb or
    /// `timeout(at:)` returns what becomes of it.
    case hold(HintMoment, reason: DropReason)
    /// There will be no hint for this moment.
    case drop(HintMoment, reason: DropReason)
    /// The answer to this ticket is not wanted any more: cancel the request, drop the hint.
    case withdraw(HintTicket, reason: DropReason)

    public enum WaitReason: String, Sendable, Hashable, Codable {
        /// The candidate is in the middle of an edit.
        case typing
        /// An interviewer is speaking (only a request waits for that).
        case interviewerSpeaking = "interviewer_speaking"
    }

    public enum DropReason: Sendable, Hashable {
        case paused
        /// The session has only just begun.
        case quietStart(remaining: Duration)
        case cooldown(remaining: Duration)
        /// The coach was asked only just before.
        case spacing(remaining: Duration)
        /// As many hints as the session may have were given.
        case budgetSpent
        case lowConfidence
        /// The interviewer, or the configuration, allows no tier at all.
        case tierLimit
        case interviewerSpeaking
        /// The coach is being asked already; a request is served by that answer.
        case alreadyAsking
        /// Another moment of the same weight is waiting already.
        case alreadyWaiting
        /// A request came, and goes first.
        case replacedByRequest
        /// The candidate spoke: the pause is over.
        case candidateSpoke
        /// The candidate went on typing.
        case candidateTyped
        /// The moment waited longer than it can be worth.
        case passed
        /// The same situation goes on, and is told anew.
        case supersededByNewer
        /// Nobody knows any more whether the silence lasts: the microphone was muted, or is gone.
        case unheard
        /// Somebody else is the candidate.
        case candidateChanged
        /// What the moment rests on may not be used any more.
        case optedOut
        /// The hand is down again.
        case gestureEnded

        /// A short name for metrics, the journal and the timeline.
        public var label: String {
            switch self {
            case .paused: "paused"
            case .quietStart: "quiet_start"
            case .cooldown: "cooldown"
            case .spacing: "spacing"
            case .budgetSpent: "budget_spent"
            case .lowConfidence: "low_confidence"
            case .tierLimit: "tier_limit"
            case .interviewerSpeaking: "interviewer_speaking"
            case .alreadyAsking: "already_asking"
            case .alreadyWaiting: "already_waiting"
            case .replacedByRequest: "replaced_by_request"
            case .candidateSpoke: "candidate_spoke"
            case .candidateTyped: "candidate_typed"
            case .passed: "passed"
            case .supersededByNewer: "superseded"
            case .unheard: "unheard"
            case .candidateChanged: "candidate_changed"
            case .optedOut: "opted_out"
            case .gestureEnded: "gesture_ended"
            }
        }
    }
}

extension HintDecision.DropReason {
    /// How long until the same moment would be taken, where that is known.
    public var remaining: Duration? {
        switch self {
        case .quietStart(let remaining), .cooldown(let remaining), .spacing(let remaining): remaining
        default: nil
        }
    }

    /// Whether it ends by itself, with what goes on or by a change of settings, so that a moment that lasts is to be offered
    /// again.
    var isPassing: Bool {
        switch self {
        case .quietStart, .cooldown, .spacing, .budgetSpent, .tierLimit, .interviewerSpeaking, .alreadyAsking,
            .alreadyWaiting, .replacedByRequest:
            true
        default: false
        }
    }
}
