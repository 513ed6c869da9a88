import Settings

/// How the Messages API is reached, and how long it may take.
public struct ClaudeConfiguration: Sendable {
    /// Without `/v1`. Default `https://api.anthropic.com`. Over plain `http` the key travels in clear.
    public var baseURL: String
    public var apiKey: ClaudeKey
    /// Default `claude-haiku-4-5`.
    public var model: String
    /// Default `forcedTool`.
    public var outputMode: ClaudeOutputMode
    /// Tokens of the answer. Default 400; 64…4096.
    public var maximumTokens: Int
    /// For name resolution, TCP and TLS. Default 3 s; 100 ms…60 s.
    public var connectTimeout: Duration
    /// From an attempt's start to its first piece of content; pings do not count. Default 5 s; 100 ms…60 s.
    public var firstTokenTimeout: Duration
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
        maximumTokens: Int = Schema.claude.maximumTokens.defaultValue,
        connectTimeout: Duration = Schema.claude.connectTimeout.defaultValue,
        firstTokenTimeout: Duration = Schema.claude.firstTokenTimeout.defaultValue,
        stallTimeout: Duration = Schema.claude.stallTimeout.defaultValue,
        totalTimeout: Duration = Schema.claude.totalTimeout.defaultValue, retry: RetryPolicy = RetryPolicy(),
        caFile: String? = nil
    ) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.model = model
        self.outputMode = outputMode
        self.maximumTokens = maximumTokens
        self.connectTimeout = connectTimeout
        self.firstTokenTimeout = firstTokenTimeout
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
