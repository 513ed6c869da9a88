import Settings

/// How the coach works.
public struct CoachConfiguration: Sendable {
    /// Nil for the rehearsed coach alone.
    public var claude: ClaudeConfiguration?
    /// Requests to Claude at one time, over all rooms; beyond it the rehearsed coach answers. Default 16; 1…1000.
    public var maximumConcurrentRequests: Int
    /// Failures in a row after which Claude is left alone. Default 3; 1…100.
    public var failuresBeforeRest: Int
    /// For how long it is left alone, and at least for what `retry-after` asks. Default 30 s; 1 s…10 min.
    public var restDuration: Duration
    /// Whether `warmUp` makes a request. Default true.
    public var warmsUp: Bool

    public init(
        claude: ClaudeConfiguration? = nil,
        maximumConcurrentRequests: Int = Schema.claude.concurrentRequests.defaultValue,
        failuresBeforeRest: Int = Schema.claude.failuresBeforeRest.defaultValue,
        restDuration: Duration = Schema.claude.rest.defaultValue,
        warmsUp: Bool = Schema.claude.warmUp.defaultValue
    ) {
        self.claude = claude
        self.maximumConcurrentRequests = maximumConcurrentRequests
        self.failuresBeforeRest = failuresBeforeRest
        self.restDuration = restDuration
        self.warmsUp = warmsUp
    }
}
