import AgentRuntime
import ArgumentParser
import Coach
import DevServer
import Foundation
import LiveKit
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import RenderedCandidate
import Session
import Settings
import Synchronization
import VirtualCandidate
import Wire

/// `jask demo`: the main job on one machine, to be watched.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A server, Jask and a speaking candidate on this machine: shows what is heard and what is sent.",
        discussion: "Exits with 0 when the candidate received a hint, else with 1 and the reason.")

    @Option(help: "How long to wait for the hint, in seconds, 5 to 300.") var seconds = 45

    func validate() throws {
        guard (5...300).contains(seconds) else {
            throw ValidationError("--seconds \(seconds): from 5 to 300 is allowed")
        }
    }

    func run() async throws {
        let timeline = DemoTimeline()
        let server = try await Development.startServer(port: 0) { timeline.say("server", $0) }
        timeline.say("server", "\(server.url), for development only")
        let configuration = try Development.configuration(server, file: nil, keepsPatience: false)
        let runtime = try await Development.startRuntime(configuration) { level, text in
            if level == .warning || level == .error { timeline.say("jask", text) }
        } timeline: { event, _ in
            timeline.record(event)
        }
        timeline.say("jask", "registered; waiting to be dispatched")
        let failure = await playCandidate(server, configuration, timeline)
        await runtime.stop()
        await server.stop()
        try timeline.summarise(failure: failure)
    }

    /// - Returns: why it failed, if it did.
    private func playCandidate(
        _ server: DevServer, _ configuration: Configuration, _ timeline: DemoTimeline
    ) async -> String? {
        do {
            var script = try CandidateScript.demo()
            script.limit = .seconds(seconds)
            let pool = try ThreadPool(threadCount: 1)
            let token = try TokenCommand.mint(
                key: try configuration.key(), room: "demo", identity: "candidate", name: "Candidate")
            let candidate = VirtualCandidate(
                script: script, server: try ServerURL(server.url), token: token, identity: try .generate(), pool: pool,
                on: MultiThreadedEventLoopGroup.singleton.next()
            ) { timeline.record($0) }
            let hints = try await candidate.run()
            return hints > 0 ? nil : "no hint came within \(seconds) s"
        } catch {
            return "\(error)"
        }
    }
}

/// Prints what happens as it happens, and keeps what the summary needs.
final class DemoTimeline: Sendable {
    private struct Facts {
        var trigger: ContinuousClock.Instant?
        var triggerText = ""
        var received: ContinuousClock.Instant?
        var hint: HintMessage?
        var sent: TimelineEvent.HintSent?
        var others: [String]?
    }

    private let began = ContinuousClock.now
    private let facts = Mutex(Facts())

    func say(_ who: String, _ text: String) {
        let seconds = Double(began.duration(to: .now).milliseconds) / 1000
        let time = String(format: "%6.2f s", seconds)
        print("\(time)  \(who.padding(toLength: 10, withPad: " ", startingAt: 0)) \(text)")
        fflush(nil)
    }

    func record(_ event: TimelineEvent) {
        switch event.kind {
        case .heard(.longPause(let pause)):
            facts.withLock {
                $0.trigger = .now
                $0.triggerText = "a pause of \(pause.since.duration(to: pause.at).shown)"
            }
        case .hintSent(let sent): facts.withLock { $0.sent = sent }
        default: break
        }
        if let text = TimelineText.explained(event.kind) { say("jask", text) }
    }

    func record(_ event: CandidateEvent) {
        switch event {
        case .joined(let room, let others):
            let names = others.map(\.text)
            facts.withLock { $0.others = names }
            say("candidate", "joined '\(room)'; sees \(names.isEmpty ? "nobody else" : names.joined(separator: ", "))")
        case .microphonePublished: say("candidate", "publishes a microphone (Opus with RED and DTX)")
        case .cameraPublished: say("candidate", "publishes a camera (VP8 in layers)")
        case .camera(let news):
            say("candidate", "camera: \(news.action.rawValue) \(news.isBeginning ? "begins" : "ends")")
        case .beganSpeaking: say("candidate", "speaks")
        case .fellSilent: say("candidate", "falls silent")
        case .codeSent(let path, let bytes): say("candidate", "sends \(path), \(bytes) bytes")
        case .hint(let hint):
            facts.withLock {
                $0.received = .now
                $0.hint = hint
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

    /// - Throws: where no hint arrived.
    func summarise(failure: String?) throws {
        let facts = facts.withLock { $0 }
        if let failure { throw CommandFailure("the demo failed: \(failure)") }
        guard let hint = facts.hint, let received = facts.received, let trigger = facts.trigger else {
            throw CommandFailure("the demo failed: a hint came that could not be read, or without a trigger")
        }
        let place = hint.anchor.map { ", at \($0.path) line \($0.startLine)" } ?? ""
        print(
            """

            hint received \(trigger.duration(to: received).milliseconds) ms after the trigger (\(facts.triggerText)), \
            by the \(hint.source.rawValue) coach, tier \(hint.tier)\(place)
            the assistant was \(facts.others == [] ? "not in the candidate's participant list" : "seen: \(facts.others ?? [])")
            """)
    }
}
