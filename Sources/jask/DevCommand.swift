import AgentRuntime
import ArgumentParser
import DevServer
import Foundation
import SansIO
import Session
import Settings
import Synchronization

/// `jask dev`: a development server and the worker in one process.
struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Runs a LiveKit-compatible development server with Jask in it, and prints a token to join with.")

    @Option(help: "The TCP port of signalling and API; 0 takes a free one.") var port = 7880
    @Option(help: "The address to listen on; 0.0.0.0 for every interface.") var host = "127.0.0.1"
    @Option(help: "The room that the printed token is for.") var room = "interview"
    @Option(help: "The configuration file, YAML (environment: JASK_CONFIG).") var config: String?

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port \(port) is not from 0 to 65535") }
    }

    func run() async throws {
        // Its terminal may go away.
        let signals = Signals(endsOnHangUp: true)
        let serverLog = Log(minimum: .info, isJSON: false)
        let server = try await Development.startServer(host: host, port: port) {
            serverLog(.warning, $0)
        }
        print(DevServer.banner)
        if server.isOpen { print("It is reachable from other machines, and its key and secret are known to everyone.") }
        if !server.mediaOnlyAddresses.isEmpty {
            let list = server.mediaOnlyAddresses.joined(separator: ", ")
            print("Sound and picture also go by \(list), since Firefox takes no loopback address from a server.")
        }
        let configuration = try Development.configuration(
            server, file: config, pace: Development.patience, keepsPace: true)
        defer { Development.clean(configuration) }
        let settings = try readable { try configuration.worker() }
        let log = Log(minimum: settings.logLevel, isJSON: settings.logsJSON, secrets: configuration.secrets)
        defer { log.flush() }
        let told = Mutex(ToldReasons())
        let runtime = try await Development.startRuntime(configuration) {
            log($0, $1)
        } timeline: { event, room in
            guard told.withLock({ $0.isNews(event.kind, in: room.sid) }) else { return }
            log.event(event, in: room, as: TimelineText.explained)
        }
        let patience = max(configuration[Schema.pause.shortestLong], configuration[Schema.pause.initialLong]).rounded
        let token = try TokenCommand.mint(
            key: try configuration.key(), room: room, identity: "candidate", validity: .seconds(24 * 3600))
        print(
            """
            url     \(server.url)
            key     \(Development.key)
            secret  \(Development.secret)
            room    \(room)
            token   \(token.jwt)
            Tokens for others: LIVEKIT_URL=\(server.url) LIVEKIT_API_KEY=\(Development.key) \
            LIVEKIT_API_SECRET=\(Development.secret) jask token --room \(room) --identity NAME [--role interviewer]
            A hint comes once the candidate has spoken and is then silent for \(patience) or so, or raises a hand before a \
            camera; what holds one back is said here, each reason once.
            Ctrl-C ends it.
            """)
        // Also where the output is no terminal.
        fflush(nil)
        _ = await signals.next()
        await runtime.stop()
        await server.stop()
    }
}

/// What 'dev' and 'demo' share.
enum Development {
    static let key = "devkey"
    /// Known to everyone, like the server that takes it.
    static let secret = "secret"

    static func startServer(
        host: String = "127.0.0.1", port: Int, log: @escaping @Sendable (String) -> Void
    ) async throws -> DevServer {
        var configuration = DevServer.Configuration()
        configuration.host = host
        configuration.port = port
        configuration.keyName = key
        configuration.secret = secret
        configuration.log = log
        do {
            return try await DevServer.start(configuration)
        } catch {
            if let holder = PortHolder.name(in: error) {
                throw CommandFailure(
                    "port \(port) is in use by \(holder): give another with --port, or 0 for any free one")
            }
            throw CommandFailure("the development server cannot start on \(host):\(port): \(error)")
        }
    }

    /// Less patience than an interview wants, so that a first try shows a hint soon.
    static let patience = [
        (Schema.policy.quietStart.key, "0 s"), (Schema.pause.initialLong.key, "8 s"),
        (Schema.pause.shortestLong.key, "8 s"),
    ]

    /// The user's settings, pointed at the development server. Journals go into a folder of their own, for `clean`.
    /// - Parameters:
    ///   - pace: settings with their values.
    ///   - keepsPace: whether what the user sets of them counts.
    static func configuration(
        _ server: DevServer, file: String?, pace: [(key: String, text: String)], keepsPace: Bool
    ) throws -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        let base = try readable {
            try Configuration.load(file: file ?? environment["JASK_CONFIG"], environment: environment)
        }
        var layer = Configuration.Layer()
        // A name that no later process has: what people chose here is not theirs to follow.
        let state = FileManager.default.temporaryDirectory.appendingPathComponent("jask-\(UUID().uuidString)").path
        let own = [
            ("livekit.url", server.url), ("livekit.api_key", key), ("livekit.api_secret", secret),
            ("livekit.agent_name", ""), ("state.directory", state), ("health.port", "0"),
        ]
        let pace = pace.filter { !keepsPace || base.entry($0.key)?.origin == .builtIn }
        for (key, text) in own + pace {
            try readable { try layer.set(key, to: text, origin: .commandLine(option: "of this command")) }
        }
        KnownSecrets.add(base.secrets)
        let configuration = base.adding(layer)
        try readable { try configuration.validated() }
        return configuration
    }

    /// Takes away what was kept for as long as the command ran.
    static func clean(_ configuration: Configuration) {
        try? FileManager.default.removeItem(atPath: configuration.stateDirectory)
    }

    static func startRuntime(
        _ configuration: Configuration, log: @escaping @Sendable (Telemetry.Level, String) -> Void,
        timeline: @escaping @Sendable (TimelineEvent, RoomFacts) -> Void
    ) async throws -> JaskRuntime {
        CoreDumps.forbid(unless: configuration[Schema.worker.coreDumps], log: log)
        do {
            return try await JaskRuntime.start(
                configuration: configuration, observers: .init(log: log, timeline: timeline))
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
