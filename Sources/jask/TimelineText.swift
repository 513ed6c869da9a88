import AgentRuntime
import Coach
import Perception
import SansIO
import Session

/// What happens in a session, in a line; never a text of the candidate.
enum TimelineText {
    /// `nil` for what is not worth a line.
    static func entry(_ kind: TimelineEvent.Kind) -> String? {
        switch kind {
        case .candidate(let identity): identity.map { "the candidate is \($0)" } ?? "there is no candidate"
        case .ambiguous(let identities): "\(identities.count) may be the candidate; no hints until one is named"
        case .noticeSent(_, let kind, let to): "told \(to): \(kind.rawValue)"
        case .noticeSuppressed: nil
        case .messageLost(let to, let reason): "a message to \(to) was given up (\(reason))"
        case .listening(let who, let on): on ? "listening to \(who)" : "no longer listening to \(who)"
        case .watching(let who, let on): on ? "watching the camera of \(who)" : "no longer watching \(who)"
        case .heard(let signal): heard(signal)
        case .code(_, let path, let language, let revision, let bytes, let isUsed):
            "code: \(short(path)), \(short(language)), revision \(revision), \(bytes) bytes"
                + (isUsed ? "" : " (not the candidate's)")
        case .problem(let bytes, _): "problem statement of \(bytes) bytes"
        case .runResult(_, let passed, let failed): "tests: \(passed) passed, \(failed) failed"
        case .waiting(let trigger, let reason): "\(trigger): waiting (\(reason))"
        case .dropped(let trigger, let reason): "\(trigger): no hint (\(reason))"
        case .asked(_, let trigger, let tier): "asked the coach: \(trigger.kind), tier \(tier)"
        case .answered(_, let outcome): "the coach answered" + answer(outcome)
        case .withdrawn(_, let reason): "the question was withdrawn (\(reason))"
        case .hintHeld(_, let reason): "the hint waits (\(reason))"
        case .hintSent(let sent):
            "hint sent \(sent.sinceTrigger.shown) after the trigger, by \(sent.hint.source), tier \(sent.hint.tier)"
        case .hintDropped(_, let reason): "the hint was dropped (\(reason))"
        case .hintSentAgain: "the hint was sent again"
        case .hintAcknowledged(_, let who, let status): "\(who): hint \(status)"
        case .control(let action, let who): "\(who): \(action)"
        case .refused(let topic, let sender, let code): "refused \(topic) of \(sender ?? "an unknown sender"): \(code)"
        case .badMetadata(let reason): "metadata: \(Neutraliser.oneLine(reason, limit: 300))"
        case .connection(let change): "connection \(change)"
        }
    }

    /// The same for somebody who waits for a hint at a terminal: reasons in words.
    static func explained(_ kind: TimelineEvent.Kind) -> String? {
        switch kind {
        case .waiting(let trigger, let reason): "no hint yet for \(moment(trigger)): \(HintReason.text(reason))"
        case .dropped(let trigger, let reason): "no hint for \(moment(trigger)): \(HintReason.text(reason))"
        case .withdrawn(_, let reason): "the coach's answer is not wanted any more: \(HintReason.text(reason))"
        case .hintHeld(_, let reason): "the hint waits: \(HintReason.text(reason))"
        case .hintDropped(_, let reason): "the hint was not sent: \(HintReason.text(reason))"
        default: entry(kind)
        }
    }

    private static func moment(_ trigger: String) -> String {
        switch trigger {
        case TriggerFacts.longPause: "the long pause"
        case TriggerFacts.request: "the request"
        case TriggerFacts.raisedHand: "the raised hand"
        case TriggerFacts.palmToForehead: "the palm on the forehead"
        default: trigger
        }
    }

    /// What a client made up, in one line.
    private static func short(_ text: String) -> String { Neutraliser.oneLine(text, limit: 100) }

    /// By whom, and what is needed to ask Anthropic about it.
    private static func answer(_ outcome: CoachOutcome) -> String {
        var facts: [String] = []
        switch outcome.notClaude {
        case .failed(let error)?: facts.append("rehearsed: \(error.kind.label): \(error.message)")
        case let reason?: facts.append("rehearsed: \(reason.label)")
        case nil: facts.append(outcome.claude?.model ?? "claude")
        }
        if let id = outcome.claude?.requestID { facts.append("request \(id)") }
        if let thinking = outcome.claude?.usage?.thinkingTokens, thinking > 0 {
            facts.append("\(thinking) tokens of thinking")
        }
        if let attempts = outcome.claude?.attempts, attempts > 1 { facts.append("\(attempts) attempts") }
        if let correction = outcome.anchorCorrection { facts.append("anchor: \(correction.rawValue)") }
        return " (\(Neutraliser.oneLine(facts.joined(separator: ", "), limit: 600)))"
    }

    private static func heard(_ signal: Signal) -> String? {
        switch signal {
        case .voiceBegan(let who, _): "\(who) speaks"
        case .voiceEnded(let who, _): "\(who) is silent"
        case .pause(let who, _): "\(who) pauses"
        case .pauseEnded: nil
        case .longPause(let pause):
            "long pause of \(pause.participant): \(pause.since.duration(to: pause.at).shown), confidence \(pause.confidence.formatted)"
        case .gestureBegan(let gesture):
            "\(gesture.participant) \(gesture.kind == .raisedHand ? "raises a hand" : "puts a palm to the forehead"): confidence \(gesture.confidence.formatted)"
        case .gestureEnded(let who, let kind, _, _, let cause): ended(kind, of: who, cause)
        case .lookMissing: nil
        }
    }

    private static func ended(_ kind: Gesture.Kind, of who: Identity, _ cause: GestureEnd) -> String {
        let isHand = kind == .raisedHand
        return switch cause {
        case .unmade: "\(who) \(isHand ? "lowers the hand" : "takes the palm off the forehead")"
        case .unseen: "\(who) is not seen any more, \(isHand ? "with the hand up" : "with the palm on the forehead")"
        case .left: "\(who) left, \(isHand ? "with the hand up" : "with the palm on the forehead")"
        }
    }
}

extension Duration {
    /// In milliseconds below a second, in tenths of seconds above.
    var shown: String {
        guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
        let tenths = (milliseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10) s"
    }

    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension Double {
    /// Two decimals.
    fileprivate var formatted: String {
        let hundredths = Int((self * 100).rounded())
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
    }
}
