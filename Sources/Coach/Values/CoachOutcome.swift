import Wire

/// What came of asking the coach once: a hint, and what it took.
public struct CoachOutcome: Sendable, Hashable {
    /// Nil when the task was cancelled, or when every rehearsed nudge that fits was given in this room already.
    public var hint: Hint?
    /// Why the hint is not Claude's; nil when it is.
    public var notClaude: NotClaude?
    /// The anchor that Claude gave had to be corrected or left out.
    public var anchorCorrection: AnchorCorrection?
    /// What the last attempt with Claude took; nil when Claude was not asked.
    public var claude: ClaudeMetrics?
    /// From the call to the answer, the rehearsed coach included.
    public var elapsed: Duration

    public init(
        hint: Hint?, notClaude: NotClaude? = nil, anchorCorrection: AnchorCorrection? = nil,
        claude: ClaudeMetrics? = nil, elapsed: Duration
    ) {
        self.hint = hint
        self.notClaude = notClaude
        self.anchorCorrection = anchorCorrection
        self.claude = claude
        self.elapsed = elapsed
    }

    /// Why Claude's answer was not used.
    public enum NotClaude: Sendable, Hashable {
        /// No API key is configured.
        case noKey
        /// As many requests as allowed were under way already.
        case busy
        /// Claude failed several times in a row and is left alone for a while.
        case restingAfterFailures
        /// The last attempt's error.
        case failed(ClaudeError)
        /// The answer broke a rule and was withheld.
        case withheld(HintRejection)
        /// The task was cancelled: there is no hint at all.
        case cancelled

        /// A short name for metrics and logs, without text from outside.
        public var label: String {
            switch self {
            case .noKey: "no_key"
            case .busy: "busy"
            case .restingAfterFailures: "resting"
            case .failed(let error): error.kind.label
            case .withheld(let rejection): "withheld_\(rejection.label)"
            case .cancelled: "cancelled"
            }
        }
    }
}

/// What asking Claude took.
public struct ClaudeMetrics: Sendable, Hashable {
    /// 1 and up: how many HTTP requests were made.
    public var attempts: Int
    /// From the start of the last attempt to its first piece of content.
    public var firstToken: Duration?
    /// The last attempt's, from start to end.
    public var duration: Duration
    /// Tokens of all attempts, as far as their streams told them.
    public var usage: TokenUsage?
    /// The API's `request-id` header.
    public var requestID: String?
    /// The model that answered, as it names itself.
    public var model: String?
    /// What is left of the model's limits, where the last answer said it.
    public var remaining: RemainingLimits?

    public init(
        attempts: Int, firstToken: Duration? = nil, duration: Duration, usage: TokenUsage? = nil,
        requestID: String? = nil, model: String? = nil, remaining: RemainingLimits? = nil
    ) {
        self.attempts = attempts
        self.firstToken = firstToken
        self.duration = duration
        self.usage = usage
        self.requestID = requestID
        self.model = model
        self.remaining = remaining
    }
}

/// What is left of a model's limits until they are filled up again.
public struct RemainingLimits: Sendable, Hashable {
    public var requests: Int?
    public var inputTokens: Int?
    public var outputTokens: Int?

    public init(requests: Int? = nil, inputTokens: Int? = nil, outputTokens: Int? = nil) {
        self.requests = requests
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }
}

/// Tokens of one request. The API's figures are cumulative within a stream, so a later one replaces an earlier one.
public struct TokenUsage: Sendable, Hashable {
    public var inputTokens: Int
    public var outputTokens: Int
    public var cacheCreationInputTokens: Int
    public var cacheReadInputTokens: Int
    /// Of the output, what went into thinking.
    public var thinkingTokens: Int

    public init(
        inputTokens: Int = 0, outputTokens: Int = 0, cacheCreationInputTokens: Int = 0, cacheReadInputTokens: Int = 0,
        thinkingTokens: Int = 0
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cacheCreationInputTokens = cacheCreationInputTokens
        self.cacheReadInputTokens = cacheReadInputTokens
        self.thinkingTokens = thinkingTokens
    }

    /// Of two requests together.
    public static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(
            inputTokens: left.inputTokens &+ right.inputTokens, outputTokens: left.outputTokens &+ right.outputTokens,
            cacheCreationInputTokens: left.cacheCreationInputTokens &+ right.cacheCreationInputTokens,
            cacheReadInputTokens: left.cacheReadInputTokens &+ right.cacheReadInputTokens,
            thinkingTokens: left.thinkingTokens &+ right.thinkingTokens)
    }
}
