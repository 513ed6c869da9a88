import Claude
import Coach
import Inference
import RTCCore
import RTCNetwork
import Settings

import struct LiveKit.ServerURL
import enum LiveKit.TransportError

/// What a process makes of its settings.
extension Configuration {
    /// Checks what no single setting can, and what only the process knows how to read: every problem at once.
    public func validatedForProcess() throws(ConfigurationErrors) {
        var errors: [ConfigurationError] = []
        do { try validated() } catch { errors = error.errors }
        let texts = [
            unusable(Schema.claude.apiKey, allowed: "printable ASCII without spaces") { ClaudeKey($0) != nil },
            unusable(Schema.claude.baseURL, allowed: "https:// or http:// and a host") { text in
                ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
            },
            unusable(Schema.claude.workspaceID, allowed: "printable ASCII without spaces") { text in
                text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            },
            unusable(Schema.network.addresses, allowed: "IPv4 and IPv6 addresses with commas between") { text in
                Self.addresses(text) != nil
            },
        ]
        errors += texts.compactMap(\.self)
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
    }

    /// The settings of the coach, for all rooms.
    public var coach: CoachConfiguration {
        CoachConfiguration(
            claude: claude, maximumConcurrentRequests: self[Schema.claude.concurrentRequests],
            failuresBeforeRest: self[Schema.claude.failuresBeforeRest], restDuration: self[Schema.claude.rest],
            warmsUp: self[Schema.claude.warmUp])
    }

    /// How Claude is reached; nil without an API key, or with one that cannot be sent.
    public var claude: ClaudeConfiguration? {
        guard let key = ClaudeKey(self[Schema.claude.apiKey]) else { return nil }
        var claude = ClaudeConfiguration(apiKey: key)
        claude.baseURL = self[Schema.claude.baseURL]
        let authorities = self[Schema.claude.caFile]
        claude.caFile = authorities.isEmpty ? nil : authorities
        claude.model = self[Schema.claude.model]
        claude.outputMode = self[Schema.claude.outputMode]
        claude.thinking = self[Schema.claude.thinking]
        claude.effort = self[Schema.claude.effort]
        claude.version = self[Schema.claude.version]
        let workspace = self[Schema.claude.workspaceID]
        claude.workspaceID = workspace.isEmpty ? nil : workspace
        claude.thinkingTimeout = self[Schema.claude.thinkingTimeout]
        claude.maximumTokens = self[Schema.claude.maximumTokens]
        claude.connectTimeout = self[Schema.claude.connectTimeout]
        claude.firstTokenTimeout = self[Schema.claude.firstTokenTimeout]
        claude.stallTimeout = self[Schema.claude.stallTimeout]
        claude.totalTimeout = self[Schema.claude.totalTimeout]
        claude.retry.maximumAttempts = self[Schema.claude.attempts]
        return claude
    }

    /// The settings of the process.
    /// - Throws: where key or secret of the LiveKit server are not given, or the address is not one.
    public func worker() throws(ConfigurationErrors) -> WorkerConfiguration {
        var errors: [ConfigurationError] = []
        for setting in [Schema.livekit.apiKey, Schema.livekit.apiSecret] where self[setting].isEmpty {
            let how = "set \(setting.definition.alias ?? setting.key), or \(setting.key) in the configuration file"
            errors.append(
                ConfigurationError(origin: origin(of: setting), key: setting.key, problem: .missing(how: how)))
        }
        let url = self[Schema.livekit.url]
        do throws(TransportError) { _ = try ServerURL(url) } catch {
            let reason = if case .invalidURL(let reason) = error { reason } else { error.description }
            errors.append(
                ConfigurationError(
                    origin: origin(of: Schema.livekit.url), key: Schema.livekit.url.key,
                    problem: .notAllowed(given: url, type: "address", allowed: reason)))
        }
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
        return WorkerConfiguration(
            url: url, apiKey: self[Schema.livekit.apiKey], apiSecret: Secret(self[Schema.livekit.apiSecret]),
            agentName: self[Schema.livekit.agentName], maximumRooms: self[Schema.worker.maximumRooms],
            loadThreshold: self[Schema.worker.loadThreshold], drainTimeout: self[Schema.worker.drainTimeout],
            reconcileInterval: self[Schema.worker.reconcileInterval], healthHost: self[Schema.health.host],
            healthPort: self[Schema.health.port], isHealthEnabled: self[Schema.health.enabled],
            logLevel: self[Schema.log.level], logsJSON: self[Schema.log.json], stateDirectory: stateDirectory,
            modelsDirectory: modelsDirectory, workerThreads: self[Schema.worker.threads],
            workerLoops: self[Schema.worker.loops], allowsCoreDumps: self[Schema.worker.coreDumps], journal: journal)
    }

    /// Where journals are kept.
    public var stateDirectory: String { self[Schema.state.directory] }
    /// Where the models are; empty for where set-up puts them.
    public var modelsDirectory: String { self[Schema.state.modelsDirectory] }
    /// The same with what set-up takes: nil where it knows no place either.
    public func modelsFolder(environment: [String: String]) -> String? {
        modelsDirectory.isEmpty ? ModelFile.defaultFolder(environment: environment) : modelsDirectory
    }

    /// Which of this machine's addresses media use.
    public var interfaces: InterfacePolicy {
        InterfacePolicy(
            includesLoopback: self[Schema.network.loopback], includesIPv6: self[Schema.network.ipv6],
            only: Self.addresses(self[Schema.network.addresses]) ?? [])
    }

    /// Which library encrypts and decrypts media.
    public var srtpEngine: SRTPEngineKind {
        switch self[Schema.network.srtpEngine] {
        case .openssl: .openSSL
        case .libsrtp2: .libSRTP
        }
    }

    /// Whether cameras in JPEG (RFC 2435) are asked for too.
    public var takesJPEG: Bool { self[Schema.livekit.jpeg] }

    /// The addresses of a list; `nil` if one of them is none.
    private static func addresses(_ list: String) -> [IPAddress]? {
        let parts = list.split { $0 == "," || $0 == " " }
        let addresses = parts.compactMap { IPAddress($0) }
        return addresses.count == parts.count ? addresses : nil
    }

    /// How journals are written.
    public var journal: JournalConfiguration {
        JournalConfiguration(
            sync: self[Schema.state.journalSync], maximumBytes: self[Schema.state.journalMaximumBytes])
    }
}
