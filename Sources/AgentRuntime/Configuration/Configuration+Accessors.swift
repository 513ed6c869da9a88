import Claude
import Coach
import Perception
import RTCCore
import RTCNetwork

import struct LiveKit.ServerURL
import enum LiveKit.TransportError

extension Configuration {
    /// The settings of a session.
    public var session: SessionConfiguration {
        var workspace = Workspace.Limits()
        workspace.documentBytes = integer("code.maximum_bytes")
        workspace.documentsPerSender = integer("code.maximum_files")
        let language = text("hint.language")
        return SessionConfiguration(
            assistantName: text("hint.assistant_name"), language: language.isEmpty ? nil : language,
            usesClaude: claude != nil, pause: pause,
            policy: policy, workspace: workspace, hintLifetime: duration("hint.lifetime"),
            // The coach keeps its own deadline; this is for one that never answers.
            requestTimeout: duration("claude.total_timeout") + .seconds(5), ackTimeout: duration("hint.ack_timeout"),
            ackResends: integer("hint.ack_resends"),
            chat: .init(
                chat: boolean("chat.lk_chat"), legacy: boolean("chat.legacy"),
                transcription: boolean("chat.transcription"), interviewers: boolean("chat.interviewers")),
            notices: .init(
                burst: integer("notices.burst"), interval: duration("notices.interval"),
                errorsInChat: boolean("notices.errors_in_chat")))
    }

    var policy: HintPolicy.Configuration {
        HintPolicy.Configuration(
            cooldown: duration("policy.cooldown"), requestCooldown: duration("policy.request_cooldown"),
            quietStart: duration("policy.quiet_start"), spacing: duration("policy.spacing"),
            budget: integer("policy.budget"), minimumConfidence: number("policy.minimum_confidence"),
            firstTier: integer("policy.first_tier"), tierCeiling: integer("policy.tier_ceiling"),
            escalationWindow: duration("policy.escalation_window"), settle: duration("policy.settle"),
            maximumWait: duration("policy.maximum_wait"))
    }

    var pause: PauseConfiguration {
        var pause = PauseConfiguration()
        pause.voice.activation = Float(number("voice.activation"))
        pause.voice.deactivation = Float(number("voice.deactivation"))
        pause.voice.minimumVoice = duration("voice.minimum_voice")
        pause.voice.minimumSilence = duration("voice.minimum_silence")
        pause.voice.bleedMargin = Float(number("voice.bleed_margin"))
        pause.pause = duration("pause.minimum")
        pause.shortestLongPause = duration("pause.shortest_long")
        pause.longestLongPause = duration("pause.longest_long")
        pause.initialLongPause = duration("pause.initial_long")
        pause.priorWeight = number("pause.prior_weight")
        pause.ownPauseQuantile = number("pause.own_quantile")
        pause.ownPauseMargin = number("pause.own_margin")
        pause.typingQuiet = duration("pause.typing_quiet")
        pause.otherTurn = duration("pause.other_turn")
        let again = duration("pause.repeat_after")
        pause.repeatAfter = again == .zero ? nil : again
        pause.reassurance = duration("pause.reassurance")
        return pause
    }

    /// The settings of the coach, for all rooms.
    public var coach: CoachConfiguration {
        CoachConfiguration(
            claude: claude, maximumConcurrentRequests: integer("claude.concurrent_requests"),
            failuresBeforeRest: integer("claude.failures_before_rest"), restDuration: duration("claude.rest"))
    }

    /// How Claude is reached; nil without an API key, or with one that cannot be sent.
    public var claude: ClaudeConfiguration? {
        guard let key = ClaudeKey(text("claude.api_key")) else { return nil }
        var claude = ClaudeConfiguration(apiKey: key)
        claude.baseURL = text("claude.base_url")
        let authorities = text("claude.ca_file")
        claude.caFile = authorities.isEmpty ? nil : authorities
        claude.model = text("claude.model")
        claude.outputMode = ClaudeConfiguration.OutputMode(rawValue: text("claude.output_mode")) ?? claude.outputMode
        claude.maximumTokens = integer("claude.maximum_tokens")
        claude.connectTimeout = duration("claude.connect_timeout")
        claude.firstTokenTimeout = duration("claude.first_token_timeout")
        claude.stallTimeout = duration("claude.stall_timeout")
        claude.totalTimeout = duration("claude.total_timeout")
        claude.retry.maximumAttempts = integer("claude.attempts")
        return claude
    }

    /// The settings of the process.
    /// - Throws: where key or secret of the LiveKit server are not given, or the address is not one.
    public func worker() throws(ConfigurationErrors) -> WorkerConfiguration {
        var errors: [ConfigurationError] = []
        for key in ["livekit.api_key", "livekit.api_secret"] where text(key).isEmpty {
            let setting = Schema.setting(key)
            let how = "set \(setting?.alias ?? key), or \(key) in the configuration file"
            errors.append(
                ConfigurationError(origin: entry(key)?.origin ?? .builtIn, key: key, problem: .missing(how: how)))
        }
        let url = text("livekit.url")
        do throws(TransportError) { _ = try ServerURL(url) } catch {
            let reason = if case .invalidURL(let reason) = error { reason } else { error.description }
            errors.append(
                ConfigurationError(
                    origin: entry("livekit.url")?.origin ?? .builtIn, key: "livekit.url",
                    problem: .notAllowed(given: url, type: "address", allowed: reason)))
        }
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
        return WorkerConfiguration(
            url: url, apiKey: text("livekit.api_key"), apiSecret: Secret(text("livekit.api_secret")),
            agentName: text("livekit.agent_name"), maximumRooms: integer("worker.maximum_rooms"),
            loadThreshold: number("worker.load_threshold"), drainTimeout: duration("worker.drain_timeout"),
            reconcileInterval: duration("worker.reconcile_interval"), healthHost: text("health.host"),
            healthPort: integer("health.port"), isHealthEnabled: boolean("health.enabled"),
            logLevel: WorkerConfiguration.LogLevel(rawValue: text("log.level")) ?? .info, logsJSON: boolean("log.json"),
            stateDirectory: stateDirectory, modelsDirectory: modelsDirectory,
            workerThreads: integer("worker.threads"), journal: journal)
    }

    /// Where journals are kept.
    public var stateDirectory: String { text("state.directory") }
    /// Where the models are; empty for where set-up puts them.
    public var modelsDirectory: String { text("state.models_directory") }

    /// Which of this machine's addresses media use.
    public var interfaces: InterfacePolicy {
        InterfacePolicy(
            includesLoopback: boolean("network.loopback"), includesIPv6: boolean("network.ipv6"),
            only: Self.addresses(text("network.addresses")) ?? [])
    }

    /// The addresses of a list; `nil` if one of them is none.
    static func addresses(_ list: String) -> [IPAddress]? {
        let parts = list.split { $0 == "," || $0 == " " }
        let addresses = parts.compactMap { IPAddress($0) }
        return addresses.count == parts.count ? addresses : nil
    }

    /// How journals are written.
    public var journal: JournalConfiguration {
        JournalConfiguration(
            sync: JournalConfiguration.Sync(rawValue: text("state.journal_sync")) ?? .important,
            maximumBytes: integer("state.journal_maximum_bytes"))
    }
}
