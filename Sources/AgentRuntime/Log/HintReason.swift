import SansIO
import Session

/// Why there is no hint, or not yet, in words for somebody who waits for one.
public enum HintReason {
    /// By the short names that the timeline, metrics and the journal have.
    static let words = [
        "typing": "the candidate is typing, or was until just now (policy.settle)",
        "interviewer_speaking": "somebody else is speaking",
        "paused": "an interviewer paused the assistant",
        "quiet_start": "the interview has only just begun (policy.quiet_start)",
        "cooldown":
            "the last hint was given a short while ago (policy.cooldown; policy.request_cooldown where one is asked for)",
        "spacing": "the coach was asked only just before (policy.spacing)",
        "budget_spent": "as many hints as one interview may have were given (policy.budget)",
        "low_confidence": "it is too uncertain that one is needed (policy.minimum_confidence)",
        "tier_limit": "an interviewer, or policy.tier_ceiling, allows no hint, or none this strong",
        "already_asking": "the coach is being asked already",
        "already_waiting": "another moment waits already",
        "replaced_by_request": "somebody asked for a hint, which goes first",
        "candidate_spoke": "the candidate spoke again",
        "candidate_typed": "the candidate went on typing",
        "passed": "no good moment came in time (policy.maximum_wait)",
        "superseded": "the silence goes on, and is considered anew",
        "unheard": "the microphone was muted or is gone, so nobody knows whether the silence lasts",
        "candidate_changed": "somebody else is the candidate now",
        "opted_out": "the candidate opted out of what the moment rests on",
        "no_candidate": "it is not known who the candidate is",
        "no_hint": "the coach had none that may be given",
        "repeated": "the coach had only what was said before",
        "coach_gone": "the coach did not answer in time",
        "late": "the coach's answer came when it was not wanted any more",
        "expired": "it could not be sent while it was worth anything (hint.lifetime)",
        "connection_lost": "the connection to the room is lost",
        "candidate_away": "the candidate is not in the room",
        "outbox_full": "too many messages waited for the candidate",
        "cannot_be_sent": "it can never be sent",
    ]

    /// A name without words stays a name.
    public static func text(_ name: String) -> String {
        words[name] ?? name.split(separator: "_").joined(separator: " ")
    }
}

/// Says each reason once, so that a terminal is not flooded by a silence that goes on; after a hint, or with another
/// candidate, all of them are news again.
public struct ToldReasons: Sendable {
    private struct Reason: Hashable {
        var kind: String
        var trigger: String
        var name: String
    }

    private static let mostRooms = 64
    private var told: [String: Set<Reason>] = [:]

    public init() {}

    /// Whether the event is worth a line.
    /// - Parameter room: its sid.
    public mutating func isNews(_ event: TimelineEvent.Kind, in room: String) -> Bool {
        let reason: Reason
        switch event {
        case .waiting(let trigger, let name): reason = Reason(kind: "waiting", trigger: trigger, name: name)
        case .dropped(let trigger, let name): reason = Reason(kind: "dropped", trigger: trigger, name: name)
        case .withdrawn(_, let name): reason = Reason(kind: "withdrawn", trigger: "", name: name)
        case .hintHeld(_, let name): reason = Reason(kind: "held", trigger: "", name: name)
        case .hintDropped(_, let name): reason = Reason(kind: "hint", trigger: "", name: name)
        case .hintSent, .candidate:
            told[room] = nil
            return true
        default: return true
        }
        if told[room] == nil, told.count >= Self.mostRooms { told.removeAll() }
        return told[room, default: []].insert(reason).inserted
    }
}
