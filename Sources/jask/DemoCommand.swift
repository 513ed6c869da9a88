import AgentRuntime
import ArgumentParser
import DevServer
import Foundation
import Inference
import LiveKit
import NIOPosix
import PerceptionModels
import RTCMedia
import RTCNetwork
import Session
import Settings
import VirtualCandidate

/// `jask demo`: the main job on one machine, to be watched.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A server, Jask and a candidate on this machine: shows what is heard and seen, and what is sent.",
        discussion: """
            The candidate falls silent, raises a hand and puts a palm to the forehead, and waits for a hint each time. \
            Exits with 0 when each hint came, else with 1 and the reason. Where the models that look at pictures cannot \
            be used it says why, and shows the pause alone.
            """)

    @Option(help: "How long to wait for the hints, in seconds, 5 to 300.") var seconds = 55

    func validate() throws {
        guard (5...300).contains(seconds) else {
            throw ValidationError("--seconds \(seconds): from 5 to 300 is allowed")
        }
    }

    /// So that each hint comes within the demo's time.
    private static let pace =
        Development.patience + [
            (Schema.policy.cooldown.key, "3 s"), (Schema.policy.requestCooldown.key, "3 s"),
            (Schema.policy.spacing.key, "1 s"), (Schema.gesture.enabled.key, "true"),
        ]

    func run() async throws {
        let server = try await Development.startServer(port: 0) { print("server: \($0)") }
        let configuration = try Development.configuration(server, file: nil, pace: Self.pace, keepsPace: false)
        defer { Development.clean(configuration) }
        let blindness = Self.blindness(configuration)
        let timeline = DemoTimeline(awaiting: blindness == nil ? DemoTrigger.allCases : [.longPause])
        timeline.say("server", "\(server.url), for development only")
        if let blindness { timeline.say("demo", "without a camera, since gestures are off: \(blindness)") }
        let runtime = try await Development.startRuntime(configuration) { level, text in
            if level == .warning || level == .error { timeline.say("jask", text) }
        } timeline: { event, _ in
            timeline.record(event)
        }
        timeline.say("jask", "registered; waiting to be dispatched")
        let failure = await playCandidate(server, configuration, timeline, hasCamera: blindness == nil)
        await runtime.stop()
        await server.stop()
        try timeline.summarise(failure: failure, blindness: blindness)
    }

    /// - Returns: why pictures cannot be looked at, if they cannot.
    private static func blindness(_ configuration: Configuration) -> String? {
        guard let folder = configuration.modelsFolder(environment: ProcessInfo.processInfo.environment) else {
            return "no folder for models is known: set HOME or JASK_MODELS"
        }
        do {
            _ = try LiteRTVision(folder: folder)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// - Returns: why it failed, if it did.
    private func playCandidate(
        _ server: DevServer, _ configuration: Configuration, _ timeline: DemoTimeline, hasCamera: Bool
    ) async -> String? {
        do {
            var script = hasCamera ? try CandidateScript.demoWithCamera() : try CandidateScript.demo()
            script.limit = .seconds(seconds)
            let pool = try ThreadPool(threadCount: 1)
            let token = try TokenCommand.mint(
                key: try configuration.key(), room: "demo", identity: "candidate", name: "Candidate")
            let candidate = VirtualCandidate(
                script: script, server: try ServerURL(server.url), token: token, identity: try .generate(), pool: pool,
                on: MultiThreadedEventLoopGroup.singleton.next()
            ) { timeline.record($0) }
            let hints = try await candidate.run()
            if hints == 0 { return "no hint came within \(seconds) s" }
            let missing = timeline.missing.map(\.noun).joined(separator: ", ")
            return missing.isEmpty ? nil : "within \(seconds) s no hint came for \(missing)"
        } catch {
            return "\(error)"
        }
    }
}
