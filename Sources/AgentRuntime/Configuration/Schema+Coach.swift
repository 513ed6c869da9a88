import Claude
import Coach

extension Schema {
    private static let crowd = CoachConfiguration()

    static let claude: [Setting] = [
        Setting(
            "claude.api_key", .text(maximumBytes: 1024), nil,
            "The key of Anthropic's API; without it hints come from the rehearsed coach.", alias: "ANTHROPIC_API_KEY",
            isSecret: true),
        Setting(
            "claude.base_url", .text(maximumBytes: 2048), .text("https://api.anthropic.com"),
            "The API's address, without /v1.", alias: "ANTHROPIC_BASE_URL"),
        Setting(
            "claude.ca_file", .text(maximumBytes: 4096), .text(""),
            "A file of certificate authorities (PEM) in place of the system's, for a gateway with one of its own."),
        Setting("claude.model", .text(maximumBytes: 256), .text("claude-haiku-4-5"), "The model's id."),
        Setting(
            "claude.output_mode", .choice(ClaudeConfiguration.OutputMode.allCases.map(\.rawValue)),
            .text("forced_tool"), "How the model is made to answer with JSON."),
        Setting(
            "claude.maximum_tokens", .integer(64...4096), .integer(400), "Tokens of an answer."),
        Setting(
            "claude.connect_timeout", .duration(.milliseconds(100) ... .seconds(60)),
            .duration(.seconds(3)), "For name resolution, TCP and TLS."),
        Setting(
            "claude.first_token_timeout", .duration(.milliseconds(100) ... .seconds(60)),
            .duration(.seconds(5)), "From an attempt's start to its first piece of content."),
        Setting(
            "claude.stall_timeout", .duration(.milliseconds(100) ... .seconds(60)), .duration(.seconds(3)),
            "Between two events of an answer."),
        Setting(
            "claude.total_timeout", .duration(.milliseconds(500) ... .seconds(120)), .duration(.seconds(10)),
            "For all attempts together; then the rehearsed coach answers."),
        Setting(
            "claude.attempts", .integer(1...10), .integer(3),
            "Requests for one hint, the first included."),
        Setting(
            "claude.concurrent_requests", .integer(1...1000), .integer(crowd.maximumConcurrentRequests),
            "Requests at one time over all rooms; beyond it the rehearsed coach answers."),
        Setting(
            "claude.failures_before_rest", .integer(1...100), .integer(crowd.failuresBeforeRest),
            "Failures in a row after which Claude is left alone for a while."),
        Setting(
            "claude.rest", .duration(.seconds(1) ... .seconds(600)), .duration(crowd.restDuration),
            "For how long it is left alone."),
    ]

    private static let rules = HintPolicy.Configuration()

    static let policy: [Setting] = [
        Setting(
            "policy.cooldown", .duration(.zero ... .seconds(3600)), .duration(rules.cooldown),
            "From one hint to the next unasked one.", scope: .session),
        Setting(
            "policy.request_cooldown", .duration(.zero ... .seconds(3600)), .duration(rules.requestCooldown),
            "From one hint to the next requested one.", scope: .session),
        Setting(
            "policy.quiet_start", .duration(.zero ... .seconds(3600)), .duration(rules.quietStart),
            "From the session's start to the first unasked hint.", scope: .session),
        Setting(
            "policy.spacing", .duration(.zero ... .seconds(600)), .duration(rules.spacing),
            "From one question to the coach to the next unasked one, and from one request to the next, also where no "
                + "hint came of the first.", scope: .session),
        Setting(
            "policy.budget", .integer(0...1000), .integer(rules.budget), "Hints in a session.", scope: .session),
        Setting(
            "policy.minimum_confidence", .number(0...1, unit: nil), .number(rules.minimumConfidence),
            "An unasked moment below this confidence is dropped.", scope: .session),
        Setting(
            "policy.first_tier", .integer(1...2), .integer(rules.firstTier),
            "The tier of a first hint: 1 points at a place, 2 asks a guiding question.", scope: .session),
        Setting(
            "policy.tier_ceiling", .integer(0...2), .integer(rules.tierCeiling),
            "The highest tier; 0 for no hints.", scope: .session),
        Setting(
            "policy.escalation_window", .duration(.zero ... .seconds(14_400)), .duration(rules.escalationWindow),
            "For how long after a hint, without progress, the next one goes a tier up.", scope: .session),
        Setting(
            "policy.settle", .duration(.zero ... .seconds(60)), .duration(rules.settle),
            "How long the candidate must not have typed before the coach is asked.", scope: .session),
        Setting(
            "policy.maximum_wait", .duration(.zero ... .seconds(300)), .duration(rules.maximumWait),
            "How long a moment may wait for a boundary.", scope: .session),
    ]
}
