import Settings

/// How the Messages API is reached, and how long it may take.
public struct ClaudeConfiguration: Sendable {
    /// Without `/v1`. Default `https://api.anthropic.com`. Over plain `http` the key travels in clear.
    public var baseURL: String
    public var apiKey: ClaudeKey
    /// Default `claude-haiku-5-5`.
    public var model: String
    /// Default `auto`.
    public var outputMode: ClaudeOutputMode
    /// Default `off`.
    public var thinking: ClaudeThinking
    /// Default `low`.
    public var effort: ClaudeEffort
    /// Default 2023-06-01.
    public var version: ClaudeVersion
    /// For keys of several workspaces. Printable ASCII.
    public var workspaceID: String?
    /// Tokens of the answer. Default 700; 64…16384.
    public var maximumTokens: Int
    /// For name resolution, TCP and TLS. Default 3 s; 100 ms…60 s.
    public var connectTimeout: Duration
    /// From an attempt's start to its first piece of content; pings do not count. Default 5 s; 100 ms…60 s.
    public var firstTokenTimeout: Duration
    /// The same where the model has begun to think; also between two events while it thinks. Default 8 s; 100 ms…120 s.
    public var thinkingTimeout: Duration
    /// Between two events of a stream, once there is content. Default 3 s; 100 ms…60 s.
    public var stallTimeout: Duration
    /// For all attempts and the waits between them. Default 10 s; 500 ms…120 s.
    public var totalTimeout: Duration
    public var retry: RetryPolicy
    /// A file of certificate authorities in place of the system's.
    public var caFile: String?

    public init(
        baseURL: String = Schema.claude.baseURL.defaultValue, apiKey: ClaudeKey,
        model: String = Schema.claude.model.defaultValue,
        outputMode: ClaudeOutputMode = Schema.claude.outputMode.defaultValue,
        thinking: ClaudeThinking = Schema.claude.thinking.defaultValue,
        effort: ClaudeEffort = Schema.claude.effort.defaultValue,
        version: ClaudeVersion = Schema.claude.version.defaultValue, workspaceID: String? = nil,
        maximumTokens: Int = Schema.claude.maximumTokens.defaultValue,
        connectTimeout: Duration = Schema.claude.connectTimeout.defaultValue,
        firstTokenTimeout: Duration = Schema.claude.firstTokenTimeout.defaultValue,
        thinkingTimeout: Duration = Schema.claude.thinkingTimeout.defaultValue,
        stallTimeout: Duration = Schema.claude.stallTimeout.defaultValue,
        totalTimeout: Duration = Schema.claude.totalTimeout.defaultValue, retry: RetryPolicy = RetryPolicy(),
        caFile: String? = nil
    ) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.model = model
        self.outputMode = outputMode
        self.thinking = thinking
        self.effort = effort
        self.version = version
        self.workspaceID = workspaceID
        self.maximumTokens = maximumTokens
        self.connectTimeout = connectTimeout
        self.firstTokenTimeout = firstTokenTimeout
        self.thinkingTimeout = thinkingTimeout
        self.stallTimeout = stallTimeout
        self.totalTimeout = totalTimeout
        self.retry = retry
        self.caFile = caFile
    }

    /// The address of one endpoint.
    func url(path: String) -> String {
        String(baseURL.reversed().drop { $0 == "/" }.reversed()) + path
    }
}
