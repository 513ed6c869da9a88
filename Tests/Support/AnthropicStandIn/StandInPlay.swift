/// What the stand-in answers one request for a message with.
public enum StandInPlay: Sendable {
    /// A whole, well-formed stream that calls the tool (or writes JSON, where a schema was asked for).
    case hint(StandInHint = StandInHint())
    /// A stream whose JSON is this text, word for word.
    case input(String)
    /// A block of thinking first, which takes so many seconds and shows nothing, then the hint.
    case thinking(seconds: Double, StandInHint = StandInHint())
    /// A block of thinking that does not end.
    case thinkingForEver
    /// All of `max_tokens` goes into thinking.
    case thinkingToTheLimit
    /// The model declines, before it has written anything or in the middle.
    case refusal(category: String?, midOutput: Bool = false)
    /// A hint among events, deltas and blocks that are not known yet.
    case hintAmongUnknowns(StandInHint = StandInHint())
    /// A message that ends in order with nothing in it.
    case emptyEndTurn
    /// The head, then nothing: with pings, if told so.
    case stallBeforeFirstToken(pings: Bool = false)
    /// One piece of content, then nothing.
    case stallAfterFirstToken
    /// The connection is taken and the request read; no byte is answered.
    case silence
    /// An error response of the API.
    case failure(
        status: Int, type: String, headers: [String: String] = [:], message: String = "scripted", code: String? = nil)
    /// A 200 stream with an `error` event in it.
    case errorInStream(type: String, afterContent: Bool)
    /// The connection breaks inside the stream.
    case cut(afterContent: Bool)
    /// The stream ends in order, but before `message_stop`.
    case endEarly
    /// 200 and an event stream, whose events are not JSON.
    case garbageEvents
    /// 200 and a page of HTML.
    case garbagePage
    /// Bytes that are not HTTP.
    case garbageProtocol
    /// A whole stream that stops for this reason: `refusal`, `max_tokens`.
    case stops(reason: String)
}

/// A hint, and how it is streamed.
public struct StandInHint: Sendable {
    public var text: String
    /// Nil for the tier that the request's schema names.
    public var tier: Int?
    public var path: String?
    public var startLine: Int?
    public var endLine: Int?
    /// Seconds before the first event after the head.
    public var delay: Double
    /// Seconds between two events.
    public var interval: Double
    /// Bytes of one write: 1 cuts every event into single bytes.
    public var writeSize: Int

    public init(
        text: String = "Which value does the loop see in its last round?", tier: Int? = nil, path: String? = nil,
        startLine: Int? = nil, endLine: Int? = nil, delay: Double = 0, interval: Double = 0, writeSize: Int = 1 << 16
    ) {
        self.text = text
        self.tier = tier
        self.path = path
        self.startLine = startLine
        self.endLine = endLine
        self.delay = delay
        self.interval = interval
        self.writeSize = writeSize
    }
}

/// One request as it came.
public struct StandInRequest: Sendable {
    public var method: String
    /// With the query.
    public var path: String
    /// By lower-case name.
    public var headers: [String: String]
    public var body: String
    /// Why the stand-in refused it, as the real API would have; nil when it was in order.
    public var violation: String?
}
