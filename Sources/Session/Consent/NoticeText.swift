import Wire

/// What notices say to people, in chat too: what is used, and what they can do where they are. Topics are for programs.
enum NoticeText {
    static func resend(name: String) -> String { "\(name) asks your application to send your code once more." }

    static func observing(
        name: String, role: ParticipantRole?, observed: [NoticeMessage.Observed], isEncrypted: Bool,
        cameraProblem: String? = nil, usesClaude: Bool
    ) -> String {
        var parts = ["\(name), an automatic assistant, takes part in this room without being listed."]
        let used = observed.filter(\.used)
        let shown = used.map { "your \($0.source.rawValue) (\($0.purpose))" }
        parts.append(shown.isEmpty ? "It uses nothing of yours." : "It uses \(listed(shown)).")
        if let cameraProblem { parts.append("Your camera is not used: \(cameraProblem).") }
        if isEncrypted { parts.append("What you encrypt end to end is left alone.") }
        let media = used.contains { $0.source == .camera } ? "Sound and pictures are" : "Sound is"
        parts.append("\(media) not stored and \(media == "Sound is" ? "does" : "do") not leave the assistant.")
        if usesClaude, let sent = sentToClaude(of: observed) {
            parts.append("To write a hint, \(sent) may be sent to Anthropic's Claude.")
        }
        if let means = means(against: used, role: role) { parts.append(means) }
        return parts.joined(separator: " ")
    }

    /// Code is asked only of who may be the candidate: of nobody else anything goes to the model.
    private static func sentToClaude(of observed: [NoticeMessage.Observed]) -> String? {
        guard let code = observed.first(where: { $0.source == .code }) else { return nil }
        let facts = observed.contains { $0.source == .camera && $0.used } ? "a pause or gesture" : "a pause"
        return code.used ? "your code and the fact of \(facts)" : "the fact of \(facts)"
    }

    /// What somebody can do with nothing but a stock client comes first.
    private static func means(against used: [NoticeMessage.Observed], role: ParticipantRole?) -> String? {
        if role == .interviewer {
            return "You see every hint. To pause or end the assistant, use your application's control for it, or ask "
                + "whoever set up this room; to keep your own voice from it, mute your microphone."
        }
        guard !used.isEmpty else { return nil }
        let means = [(ObservedSource.microphone, "mute your microphone, "), (.camera, "turn off your camera, ")]
        let mute = means.filter { mean in used.contains { $0.source == mean.0 } }.map(\.1).joined()
        return "To stop this, \(mute)ask the interviewer to pause the assistant, or opt out where your application "
            + "offers it."
    }

    /// - Parameters:
    ///   - observed: what there is to be used of the participant, and whether it is.
    ///   - refused: what they opted out of.
    static func choices(name: String, observed: [NoticeMessage.Observed], refused: Set<ObservedSource>) -> String {
        let left = observed.map(\.source).filter(refused.contains)
        let used = observed.filter(\.used).map(\.source)
        if left.isEmpty {
            return used.isEmpty
                ? "As you wish: \(name) uses nothing of yours." : "As you wish: \(name) may use your \(list(used))."
        }
        let rest = used.isEmpty ? "" : " It may use your \(list(used))."
        return "As you wish: \(name) does not use your \(list(left)).\(rest)"
    }

    private static func list(_ sources: [ObservedSource]) -> String { listed(sources.map(\.rawValue)) }

    private static func listed(_ names: [String]) -> String {
        guard let last = names.last, names.count > 2 else { return names.joined(separator: " and ") }
        return "\(names.dropLast().joined(separator: ", ")) and \(last)"
    }

    static func state(_ kind: NoticeMessage.Kind, name: String) -> String {
        switch kind {
        case .paused: "\(name) is paused: it neither listens nor gives hints."
        case .off: "\(name) has ended for this session: it no longer listens and gives no more hints."
        default: "\(name) is on."
        }
    }

    static func noCandidate(name: String) -> String {
        "\(name) does not know which of you is the candidate, and gives no hints until whoever set up this room says "
            + "so, or only one of you shares sound or picture."
    }

    /// To who was told that there are no hints for want of a candidate.
    static func candidateIsKnown(name: String, isPaused: Bool) -> String {
        "It is known now who the candidate is: "
            + (isPaused
                ? "\(name) gives hints once it is resumed. \(state(.paused, name: name))" : "\(name) gives hints.")
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
