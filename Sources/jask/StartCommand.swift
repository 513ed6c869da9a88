import AgentRuntime
import ArgumentParser
import Foundation
import NIOCore
import Synchronization

/// `jask start`: the worker, until it is told to stop.
struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Registers with a LiveKit server and helps in the rooms it is dispatched into.",
        discussion: """
            SIGTERM drains: no new rooms are taken, those there are go on to their end or to worker.drain_timeout. A \
            second signal ends the process at once. The configuration file is read again when it changes, and on SIGHUP \
            with the environment: settings marked session change in running rooms.
            """)

    @OptionGroup var server: ServerOptions
    @Option(help: "The name for dispatch by name; without it, every room.") var agentName: String?
    @Option(help: "The least grave messages that are logged: trace, debug, info, notice, warning, error.")
    var logLevel: String?

    func run() async throws {
        let signals = Signals()
        var more: [(String, String, String)] = []
        if let agentName { more.append(("livekit.agent_name", agentName, "--agent-name")) }
        if let logLevel { more.append(("log.level", logLevel, "--log-level")) }
        let configuration = try server.load(adding: more)
        let reader = server.reader(adding: more)
        let settings = try readable { try configuration.worker() }
        if settings.workerLoops > 0 { NIOSingletons.groupLoopCountSuggestion = settings.workerLoops }
        let log = Log(minimum: settings.logLevel, isJSON: settings.logsJSON, secrets: configuration.secrets)
        defer { log.flush() }
        CoreDumps.forbid(unless: settings.allowsCoreDumps) { log($0, $1) }
        let refusal = Mutex<(any Error)?>(nil)
        let runtime: JaskRuntime
        do {
            runtime = try await JaskRuntime.start(
                configuration: configuration, rereading: reader,
                observers: .init(
                    log: { log($0, $1) },
                    timeline: { event, room in log.event(event, in: room) },
                    refused: { error in
                        refusal.withLock { $0 = error }
                        signals.wake()
                    }))
        } catch {
            throw CommandFailure(settings.explanation(of: error))
        }
        if let port = runtime.healthPort { log(.info, "health and metrics on http://\(settings.healthHost):\(port)") }
        signals.onHangUp { runtime.reloadConfiguration() }
        _ = await signals.next()
        if let error = refusal.withLock({ $0 }) {
            await runtime.stop()
            throw CommandFailure(settings.explanation(of: error))
        }
        log(.notice, "draining: no new rooms are taken; another signal ends the process at once")
        let second = Task {
            _ = await signals.next()
            // Also what waiting ends with when the drain is done.
            guard !Task.isCancelled else { return }
            log(.warning, "ended at once, rooms were left")
            log.flush()
            Foundation.exit(1)
        }
        await runtime.drain()
        second.cancel()
        log(.notice, "stopped")
    }
}
