import AgentRuntime
import ArgumentParser
import Foundation
import LiveKit
import SansIO
import Settings
import Synchronization

/// The options every command shares, named as LiveKit's agents name them.
struct ServerOptions: ParsableArguments {
    @Option(help: "The LiveKit server, ws:// or wss:// (environment: LIVEKIT_URL).") var url: String?
    @Option(help: "The API key (environment: LIVEKIT_API_KEY).") var apiKey: String?
    @Option(help: "The API secret (environment: LIVEKIT_API_SECRET, which does not show in process lists).")
    var apiSecret: String?
    @Option(help: "The configuration file, YAML (environment: JASK_CONFIG).") var config: String?

    /// The configuration file, where one is given.
    var file: String? { config ?? ProcessInfo.processInfo.environment["JASK_CONFIG"] }

    /// How a worker reads all this again while it runs.
    func reader(adding more: [(key: String, text: String, option: String)]) -> ConfigurationReader {
        ConfigurationReader(file: file) {
            let configuration = try load(adding: more)
            // A worker that could not be started with it does not take it up either.
            _ = try configuration.worker()
            return configuration
        }
    }

    /// Defaults, file, environment and these options, in that order.
    func load(adding more: [(key: String, text: String, option: String)] = []) throws -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        // Before anything can fail that quotes them.
        KnownSecrets.add([apiSecret, environment["LIVEKIT_API_SECRET"], environment["ANTHROPIC_API_KEY"]])
        var configuration = try readable { try Configuration.load(file: file, environment: environment) }
        var layer = Configuration.Layer()
        let own = [
            ("livekit.url", url, "--url"), ("livekit.api_key", apiKey, "--api-key"),
            ("livekit.api_secret", apiSecret, "--api-secret"),
        ]
        for (key, text, option) in own {
            guard let text else { continue }
            try readable { try layer.set(key, to: text, origin: .commandLine(option: option)) }
        }
        for (key, text, option) in more {
            try readable { try layer.set(key, to: text, origin: .commandLine(option: option)) }
        }
        configuration = configuration.adding(layer)
        KnownSecrets.add(configuration.secrets)
        try readable { try configuration.validated() }
        return configuration
    }
}

extension Configuration {
    /// What never appears in a log.
    var secrets: [String] { [self[Schema.livekit.apiSecret], self[Schema.claude.apiKey]] }

    /// The key of the LiveKit server.
    func key() throws -> APIKey {
        let settings = try readable { try worker() }
        return try readable { try APIKey(name: settings.apiKey, secret: settings.apiSecret.revealed) }
    }
}

/// Turns any error into one that the parser prints as it is, with exit code 1, instead of a usage text.
func readable<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as CommandFailure {
        throw error
    } catch {
        throw CommandFailure("\(error)")
    }
}

/// An error whose text is all there is to say.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    /// Cleared of secrets, tokens and keys: it may quote what a server said.
    init(_ description: String) { self.description = KnownSecrets.clear(description) }
}

/// The secrets of the settings, once they are known: what a command prints is cleared of them.
enum KnownSecrets {
    private static let all = Mutex<Set<String>>([])

    /// The shorter ones are words, and so is the development server's, which everybody knows.
    static func add(_ secrets: [String?]) {
        let secrets = secrets.compactMap { $0 }.filter { $0.utf8.count >= 6 && $0 != Development.secret }
        all.withLock { $0.formUnion(secrets) }
    }

    static func clear(_ text: String) -> String {
        // The longest first: one may be the beginning of another.
        let secrets = all.withLock { $0 }.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        return Redaction.redact(text, secrets: secrets)
    }
}
