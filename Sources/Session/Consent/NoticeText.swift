import Wire

/// What notices say to people.
enum NoticeText {
    static func observing(
        name: String, role: ParticipantRole?, observed: [NoticeMessage.Observed], isEncrypted: Bool, usesClaude: Bool
    ) -> String {
        var parts = ["\(name), an automatic assistant, takes part in this room without being listed."]
        let used = observed.filter(\.used).map { "your \($0.source.rawValue) (\($0.purpose))" }
        parts.append(used.isEmpty ? "It uses nothing of yours." : "It uses \(used.joined(separator: " and ")).")
        if isEncrypted { parts.append("What you encrypt end to end is left alone.") }
        parts.append("Sound is not stored and does not leave the assistant.")
        if role != .interviewer, usesClaude {
            parts.append("To write a hint, code and the fact of a pause may be sent to Anthropic's Claude.")
        }
        if role == .interviewer {
            parts.append("You see every hint, and may pause or end the assistant (jask.control).")
        } else {
            parts.append("To stop this, mute your microphone or opt out in your application (jask.control).")
        }
        return parts.joined(separator: " ")
    }

    static func choices(name: String, refused: Set<ObservedSource>) -> String {
        if refused.isEmpty { return "\(name) may use your microphone, camera and code again." }
        let list = refused.sorted().map(\.rawValue).joined(separator: ", ")
        return "As you wish: \(name) no longer uses your \(list)."
    }

    static func state(_ kind: NoticeMessage.Kind, name: String) -> String {
        switch kind {
        case .paused: "\(name) is paused: it neither listens nor gives hints."
        case .off: "\(name) has ended for this session: it no longer listens and gives no more hints."
        default: "\(name) is on."
        }
    }

    static func noCandidate(name: String) -> String {
        "\(name) does not know which of you is the candidate, and gives no hints until that is said: "
            + "by the attribute jask.role in the participant's token, or in the dispatch's metadata."
    }

    /// - Parameters:
    ///   - reason: a `HintDecision.DropReason`'s label, or one of the session's own.
    ///   - seconds: how long until it may be asked again, where that is known.
    static func declined(_ reason: String, seconds: Int?) -> String {
        switch reason {
        case "spacing": "That was only just asked. Ask again in \(seconds.map { "\($0) s" } ?? "a moment")."
        case "cooldown", "quiet_start":
            "The last hint is only a moment ago. Ask again in \(seconds.map { "\($0) s" } ?? "a moment")."
        case "already_asking", "already_waiting": "A hint is on its way already."
        case "budget_spent": "All hints of this session have been given."
        case "tier_limit": "Such hints are switched off for this session."
        case "paused": "The assistant is paused."
        case "ended": "The assistant has ended for this session."
        case "no_candidate": "It is not known who the candidate is, so there are no hints."
        case "expired": "The hint could not be delivered in time."
        case "no_hint", "coach_gone", "repeated": "There is no hint just now."
        default: "There is no hint just now (\(reason))."
        }
    }
}
