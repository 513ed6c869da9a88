/// How the model is made to answer with JSON.
public enum ClaudeOutputMode: String, SettingWord {
    /// By the model: a schema from Claude 5 on, a forced tool before.
    case auto
    /// It has to call the one tool there is. Most models from 5.5 on refuse a forced choice.
    case forcedTool = "forced_tool"
    /// It may call the tool, and is told to. For models that refuse a forced choice.
    case offeredTool = "offered_tool"
    /// `output_config.format` with a JSON schema. For models with structured outputs.
    case jsonSchema = "json_schema"
}

/// Whether the model may think before it answers. Thinking takes time and counts toward the tokens of an answer.
public enum ClaudeThinking: String, SettingWord {
    /// The model's own default: on from Claude 5 on.
    case auto
    /// Off where the model lets it be, in the way that it takes.
    case off
    /// As much as the model sees fit, where it can.
    case on
}

/// How thorough the model is; models before Claude 5 have no such levels.
public enum ClaudeEffort: String, SettingWord {
    /// The model's own default.
    case auto
    case low, medium, high, xhigh, max
}

/// The value of the header `anthropic-version`.
public enum ClaudeVersion: String, SettingWord {
    case v2023 = "2023-06-01"
    case v2026 = "2026-10-21"
}

/// How Anthropic's API is used.
public struct ClaudeSection: Sendable {
    public let apiKey = Setting<String>(
        unset: "claude.api_key", maximumBytes: 1024,
        "The key of Anthropic's API; without it hints come from the rehearsed coach.", alias: "ANTHROPIC_API_KEY",
        isSecret: true)
    public let baseURL = Setting<String>(
        "claude.base_url", maximumBytes: 2048, default: "https://api.anthropic.com",
        "The API's address, without /v1.", alias: "ANTHROPIC_BASE_URL")
    public let caFile = Setting<String>(
        "claude.ca_file", maximumBytes: 4096, default: "",
        "A file of certificate authorities (PEM) in place of the system's, for a gateway with one of its own.")
    public let model = Setting<String>(
        "claude.model", maximumBytes: 256, default: "claude-haiku-5-5",
        "The model's id.")
    public let outputMode = Setting<ClaudeOutputMode>(
        "claude.output_mode", default: .auto,
        "How the model is made to answer with JSON; `auto` goes by the model.")
    public let thinking = Setting<ClaudeThinking>(
        "claude.thinking", default: .off,
        "Whether the model thinks first, which takes seconds and tokens; `off` where it lets it be switched off.")
    public let effort = Setting<ClaudeEffort>(
        "claude.effort", default: .low,
        "How thorough the model is, where it has levels; above `high`, thinking cannot be off.")
    public let version = Setting<ClaudeVersion>(
        "claude.version", default: .v2023,
        "The `anthropic-version` header; gateways may know only the older one.")
    public let workspaceID = Setting<String>(
        "claude.workspace_id", maximumBytes: 256, default: "",
        "The `anthropic-workspace-id` header, for keys of several workspaces.")
    public let warmUp = Setting<Bool>(
        "claude.warm_up", default: true,
        "Whether one small request is made at start, so that the first hint finds connection and schema ready.")
    public let maximumTokens = Setting<Int>(
        "claude.maximum_tokens", 64...16_384, default: 700,
        "Tokens of an answer; 4096 at least where the model thinks first.")
    public let connectTimeout = Setting<Duration>(
        "claude.connect_timeout", .milliseconds(100) ... .seconds(60), default: .seconds(3),
        "For name resolution, TCP and TLS.")
    public let firstTokenTimeout = Setting<Duration>(
        "claude.first_token_timeout", .milliseconds(100) ... .seconds(60), default: .seconds(5),
        "From an attempt's start to its first piece of content.")
    public let thinkingTimeout = Setting<Duration>(
        "claude.thinking_timeout", .milliseconds(100) ... .seconds(120), default: .seconds(8),
        "The same where the model has begun to think; also between two events while it thinks.")
    public let stallTimeout = Setting<Duration>(
        "claude.stall_timeout", .milliseconds(100) ... .seconds(60), default: .seconds(3),
        "Between two events of an answer.")
    public let totalTimeout = Setting<Duration>(
        "claude.total_timeout", .milliseconds(500) ... .seconds(120), default: .seconds(10),
        "For all attempts together; then the rehearsed coach answers.")
    public let attempts = Setting<Int>(
        "claude.attempts", 1...10, default: 3,
        "Requests for one hint, the first included.")
    public let concurrentRequests = Setting<Int>(
        "claude.concurrent_requests", 1...1000, default: 16,
        "Requests at one time over all rooms; beyond it the rehearsed coach answers.")
    public let failuresBeforeRest = Setting<Int>(
        "claude.failures_before_rest", 1...100, default: 3,
        "Failures in a row after which Claude is left alone for a while.")
    public let rest = Setting<Duration>(
        "claude.rest", .seconds(1) ... .seconds(600), default: .seconds(30),
        "For how long it is left alone.")
}

/// When and how often there are hints.
public struct PolicySection: Sendable {
    public let cooldown = Setting<Duration>(
        "policy.cooldown", .zero ... .seconds(3600), default: .seconds(120),
        "From one hint to the next unasked one.", scope: .session)
    public let requestCooldown = Setting<Duration>(
        "policy.request_cooldown", .zero ... .seconds(3600), default: .seconds(20),
        "From one hint to the next requested one.", scope: .session)
    public let quietStart = Setting<Duration>(
        "policy.quiet_start", .zero ... .seconds(3600), default: .seconds(60),
        "From the session's start to the first unasked hint.", scope: .session)
    public let spacing = Setting<Duration>(
        "policy.spacing", .zero ... .seconds(600), default: .seconds(5),
        "From one question to the coach to the next unasked one, and from one request to the next, also where no "
            + "hint came of the first.", scope: .session)
    public let budget = Setting<Int>(
        "policy.budget", 0...1000, default: 10,
        "Hints in a session.", scope: .session)
    public let minimumConfidence = Setting<Double>(
        "policy.minimum_confidence", 0...1, default: 0.3,
        "An unasked moment below this confidence is dropped.", scope: .session)
    public let firstTier = Setting<Int>(
        "policy.first_tier", 1...2, default: 1,
        "The tier of a first hint: 1 points at a place, 2 asks a guiding question.", scope: .session)
    public let tierCeiling = Setting<Int>(
        "policy.tier_ceiling", 0...2, default: 2,
        "The highest tier; 0 for no hints.", scope: .session)
    public let escalationWindow = Setting<Duration>(
        "policy.escalation_window", .zero ... .seconds(14_400), default: .seconds(600),
        "For how long after a hint, without progress, the next one goes a tier up.", scope: .session)
    public let settle = Setting<Duration>(
        "policy.settle", .zero ... .seconds(60), default: .seconds(2),
        "How long the candidate must not have typed before the coach is asked.", scope: .session)
    public let maximumWait = Setting<Duration>(
        "policy.maximum_wait", .zero ... .seconds(300), default: .seconds(15),
        "How long a moment may wait for a boundary.", scope: .session)
}
