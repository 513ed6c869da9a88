/// How the Messages API is reached, and how long it may take.
public struct ClaudeConfiguration: Sendable {
    /// How the model is made to answer with JSON.
    public enum OutputMode: String, Sendable, CaseIterable {
        /// It has to call the one tool there is. Every model takes this but those that think always.
        case forcedTool = "forced_tool"
        /// It may call the tool, and is told to. For models that refuse a forced choice.
        case offeredTool = "offered_tool"
        /// `output_config.format` with a JSON schema. For models with structured outputs.
        case jsonSchema = "json_schema"
    }

    /// Without `/v1`. Default `https://api.anthropic.com`. Over plain `http` the key travels in clear.
    public var baseURL: String
    public var apiKey: ClaudeKey
    /// Default `claude-haiku-4-5`.
    public var model: String
    /// Default `forcedTool`.
    public var outputMode: OutputMode
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
        baseURL: String = "https://api.anthropic.com", apiKey: ClaudeKey, model: String = "claude-haiku-4-5",
        outputMode: OutputMode = .forcedTool, maximumTokens: Int = 400, connectTimeout: Duration = .seconds(3),
        firstTokenTimeout: Duration = .seconds(5), stallTimeout: Duration = .seconds(3),
        totalTimeout: Duration = .seconds(10), retry: RetryPolicy = RetryPolicy(), caFile: String? = nil
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
