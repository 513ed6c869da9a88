import AgentRuntime
import Coach
import Foundation
import LiveKit
import Perception
import RenderedCandidate
import Session
import Synchronization
import VirtualCandidate
import Wire

/// What the demo's candidate does to get a hint, in that order.
enum DemoTrigger: String, CaseIterable {
    case longPause = "long_pause"
    case raisedHand = "raised_hand"
    case palmToForehead = "palm_to_forehead"

    var noun: String {
        switch self {
        case .longPause: "the long pause"
        case .raisedHand: "the raised hand"
        case .palmToForehead: "the palm on the forehead"
        }
    }
}

/// Prints what happens as it happens, and keeps what the summary needs.
final class DemoTimeline: Sendable {
    private typealias Moment = ContinuousClock.Instant

    /// When the candidate did something, Jask knew, and the hint was there.
    private struct Course {
        var began: Moment?
        var seen: Moment?
        var received: Moment?
        var hint: HintMessage?
    }

    private struct Facts {
        var courses: [DemoTrigger: Course] = [:]
        /// What only looks like a gesture.
        var others: [(action: CameraScript.Action, at: Moment)] = []
        /// Seen before it was there.
        var mistaken: DemoTrigger?
        var participants: [String]?
    }

    private let awaited: [DemoTrigger]
    private let start = ContinuousClock.now
    private let facts = Mutex(Facts())

    init(awaiting triggers: [DemoTrigger]) { awaited = triggers }

    /// What no hint came for.
    var missing: [DemoTrigger] {
        facts.withLock { facts in awaited.filter { facts.courses[$0]?.received == nil } }
    }

    func say(_ who: String, _ text: String) {
        print("\(time(.now))  \(who.padding(toLength: 10, withPad: " ", startingAt: 0)) \(text)")
        fflush(nil)
    }

    func record(_ event: TimelineEvent) {
        switch event.kind {
        case .heard(.longPause): note(.longPause, \.seen)
        case .heard(.gestureBegan(let gesture)): seen(gesture)
        default: break
        }
        if let text = TimelineText.explained(event.kind) { say("jask", text) }
    }

    private func seen(_ gesture: Gesture) {
        guard let trigger = DemoTrigger(rawValue: gesture.kind.rawValue) else { return }
        facts.withLock { if $0.courses[trigger]?.began == nil { $0.mistaken = trigger } }
        note(trigger, \.seen)
    }

    /// The first time counts: what goes on is told again.
    private func note(_ trigger: DemoTrigger, _ moment: any WritableKeyPath<Course, Moment?> & Sendable) {
        let now = Moment.now
        facts.withLock {
            if $0.courses[trigger, default: Course()][keyPath: moment] == nil {
                $0.courses[trigger, default: Course()][keyPath: moment] = now
            }
        }
    }

    func record(_ event: CandidateEvent) {
        switch event {
        case .joined(let room, let others):
            let names = others.map(\.text)
            facts.withLock { $0.participants = names }
            say("candidate", "joined '\(room)'; sees \(names.isEmpty ? "nobody else" : names.joined(separator: ", "))")
        case .microphonePublished: say("candidate", "publishes a microphone (Opus with RED and DTX)")
        case .cameraPublished: say("candidate", "publishes a camera (VP8 in two layers) with a rendered person in it")
        case .camera(let news): record(news)
        case .beganSpeaking: say("candidate", "speaks")
        case .fellSilent:
            note(.longPause, \.began)
            say("candidate", "falls silent")
        case .codeSent(let path, let bytes): say("candidate", "sends \(path), \(bytes) bytes")
        case .hint(let hint):
            if let trigger = DemoTrigger(rawValue: hint.trigger.kind) {
                note(trigger, \.received)
                facts.withLock { $0.courses[trigger]?.hint = hint }
            }
            say("candidate", "received a hint: \(hint.text)")
        case .packet(Topic.hint, _, _): break
        case .packet(let topic, _, _): say("candidate", "received \(topic)")
        case .text(let topic, _, let text): say("candidate", "sees on \(topic): \(text.prefix(120))")
        case .reconnecting(let cause): say("candidate", "reconnecting: \(cause)")
        case .resumed: say("candidate", "resumed")
        case .warning(let text): say("candidate", "warning: \(text)")
        case .left: say("candidate", "left")
        }
    }

    private func record(_ news: CameraScript.News) {
        if news.isBeginning {
            if let trigger = DemoTrigger(rawValue: news.action.rawValue) {
                note(trigger, \.began)
            } else {
                facts.withLock { $0.others.append((news.action, .now)) }
            }
        }
        say("candidate", "camera: \(news.isBeginning ? news.action.shown : news.action.over)")
    }

    // MARK: The summary

    /// - Parameter blindness: why the pause is shown alone.
    /// - Throws: where a hint is missing, or came for something that was not there.
    func summarise(failure: String?, blindness: String?) throws {
        let facts = facts.withLock { $0 }
        printTable(facts)
        if let mistaken = facts.mistaken { throw CommandFailure("the demo failed: \(mistaken.noun) was seen too soon") }
        if let failure { throw CommandFailure("the demo failed: \(failure)") }
        for (action, at) in facts.others {
            print("\(time(at))  \(action.shown): looked at, and no hint")
        }
        if let blindness { print("Only the pause was shown, since gestures are off: \(blindness)") }
        print(
            "the assistant was \(facts.participants == [] ? "not in the candidate's participant list" : "seen: \(facts.participants ?? [])")"
        )
    }

    private func printTable(_ facts: Facts) {
        guard awaited.contains(where: { facts.courses[$0]?.began != nil }) else { return }
        let head = ["began", "known", "hint", "known after", "hint after"]
        print("\n" + row("", head) + "  the hint")
        for trigger in awaited {
            let course = facts.courses[trigger] ?? Course()
            let (began, known, hint) = (course.began, course.seen, course.received)
            let cells = [
                began.map(time), known.map(time), hint.map(time), span(began, known), span(known, hint),
            ]
            print(row(trigger.noun, cells.map { $0 ?? "–" }) + "  " + (course.hint.map(describe) ?? "did not come"))
        }
        print("")
        // Before what goes to standard error.
        fflush(nil)
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        name.padding(toLength: 25, withPad: " ", startingAt: 0)
            + cells.map { String(repeating: " ", count: max(2, 13 - $0.count)) + $0 }.joined()
    }

    private func describe(_ hint: HintMessage) -> String {
        let place = hint.anchor.map { ", at \($0.path) line \($0.startLine)" } ?? ""
        return "by the \(hint.source.rawValue) coach, tier \(hint.tier)\(place)"
    }

    private func time(_ moment: ContinuousClock.Instant) -> String {
        String(format: "%6.2f s", Double(start.duration(to: moment).milliseconds) / 1000)
    }

    private func span(_ from: ContinuousClock.Instant?, _ to: ContinuousClock.Instant?) -> String? {
        guard let from, let to else { return nil }
        return "\(from.duration(to: to).milliseconds) ms"
    }
}

extension CameraScript.Action {
    /// What is to be seen, in a few words.
    fileprivate var shown: String {
        switch self {
        case .raiseHand: "raises a hand"
        case .palmToForehead: "puts a palm to the forehead"
        case .talk: "talks"
        case .type: "types"
        case .chin: "leans the chin on a hand"
        case .cheek: "leans a cheek on a hand"
        case .ear: "holds a hand to the ear"
        case .mouth: "holds a hand to the mouth"
        case .drink: "drinks"
        case .wave: "waves"
        case .glasses: "adjusts the glasses"
        case .hair: "brushes through the hair"
        case .leave: "leaves the picture"
        }
    }

    /// That it is over.
    fileprivate var over: String {
        switch self {
        case .raiseHand: "lowers the hand"
        case .palmToForehead: "takes the palm off the forehead"
        case .leave: "comes back"
        default: "\(shown) no longer"
        }
    }
}
