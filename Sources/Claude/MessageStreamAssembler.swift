import Coach
import HTTPClient

/// Puts a message together from the events of one stream. Sans-IO.
///
/// Figures in `message_delta` are cumulative and replace earlier ones. An `error` event keeps the type that it names,
/// although the stream's HTTP status is 200. Events and deltas of unknown kinds are skipped, as the API asks of clients.
struct MessageStreamAssembler: Sendable {
    /// What an event meant for the one who waits.
    enum Progress: Sendable, Hashable {
        /// Nothing of the answer yet: `message_start`, `ping`, an unknown event.
        case none
        /// A piece of the answer.
        case content
        /// `message_stop`: the message is whole.
        case finished(ClaudeMessage)
    }

    /// Bytes of content that are kept; far above any hint. A block is copied with each piece, on the thread of all
    /// requests, so that an answer in single bytes costs the square of this.
    static let contentLimit = 64 << 10
    /// Blocks of one answer; a hint needs one, and thinking a few.
    static let blockLimit = 64

    private let quoter: Quoter
    private var message: ClaudeMessage?
    private var openBlock: Int?
    private var size = 0

    init(quoter: Quoter = Quoter()) { self.quoter = quoter }

    /// Tokens so far, also of a stream that fails later.
    var usage: TokenUsage? { message?.usage }
    var model: String? { message?.model }

    /// The model thinks: a block of thinking is open. Nothing of it need be shown before it ends.
    var isThinking: Bool {
        guard let openBlock, case .other(let type)? = message?.blocks[openBlock] else { return false }
        return Self.thinkingTypes.contains(type)
    }

    /// It has begun to think, or has thought.
    var hasThought: Bool {
        message?.blocks.contains { if case .other(let type) = $0 { Self.thinkingTypes.contains(type) } else { false } }
            ?? false
    }

    private static let thinkingTypes: Set = ["thinking", "redacted_thinking"]

    mutating func receive(_ event: ServerSentEvent) throws(ClaudeError) -> Progress {
        guard let value = JSONValue(parsing: event.data), case .object = value else {
            throw ClaudeError(.malformed, message: "an event of the stream is not a JSON object")
        }
        let type = value["type"]?.string ?? event.name
        switch type {
        case "message_start": try start(value)
        case "content_block_start": try startBlock(value)
        case "content_block_delta": return try extendBlock(value) ? .content : .none
        case "content_block_stop": openBlock = nil
        case "message_delta":
            try update(from: value)
        case "message_stop":
            guard let message, openBlock == nil else { throw Self.disorder(type) }
            return .finished(message)
        case "error":
            throw ClaudeError(api: value, status: 200, headers: ResponseHead(), quoter: quoter)
        default: break
        }
        return .none
    }

    private mutating func start(_ value: JSONValue) throws(ClaudeError) {
        guard message == nil, let body = value["message"], let id = body["id"]?.string,
            let model = body["model"]?.string
        else { throw Self.disorder("message_start") }
        message = ClaudeMessage(
            id: id, model: quoter.quote(model, limit: 100), blocks: [], stopReason: nil, usage: TokenUsage())
        message?.usage.replace(with: body["usage"])
    }

    private mutating func startBlock(_ value: JSONValue) throws(ClaudeError) {
        guard let count = message?.blocks.count, openBlock == nil, value["index"]?.integer == count,
            let content = value["content_block"], let type = content["type"]?.string
        else { throw Self.disorder("content_block_start") }
        guard count < Self.blockLimit else { throw ClaudeError(.malformed, message: "the answer has too many blocks") }
        switch type {
        case "text":
            let text = content["text"]?.string ?? ""
            try grow(by: text)
            message?.blocks.append(.text(text))
        case "tool_use":
            let name = content["name"]?.string ?? ""
            try grow(by: name)
            message?.blocks.append(.toolUse(name: name, input: ""))
        default:
            try grow(by: type)
            message?.blocks.append(.other(type: type))
        }
        openBlock = count
    }

    /// - Returns: whether a piece of the answer came.
    private mutating func extendBlock(_ value: JSONValue) throws(ClaudeError) -> Bool {
        guard let index = openBlock, value["index"]?.integer == index, let delta = value["delta"],
            let block = message?.blocks[index]
        else { throw Self.disorder("content_block_delta") }
        switch (block, delta["type"]?.string) {
        case (.text(let text), "text_delta"):
            let added = delta["text"]?.string ?? ""
            try grow(by: added)
            message?.blocks[index] = .text(text + added)
            return !added.isEmpty
        case (.toolUse(let name, let input), "input_json_delta"):
            let added = delta["partial_json"]?.string ?? ""
            try grow(by: added)
            message?.blocks[index] = .toolUse(name: name, input: input + added)
            return !added.isEmpty
        default: return false
        }
    }

    private mutating func update(from value: JSONValue) throws(ClaudeError) {
        guard message != nil else { throw Self.disorder("message_delta") }
        if let reason = value["delta"]?["stop_reason"]?.string { message?.stopReason = reason }
        if let category = value["delta"]?["stop_details"]?["category"]?.string {
            message?.refusalCategory = quoter.quote(category, limit: 60)
        }
        message?.usage.replace(with: value["usage"])
    }

    private mutating func grow(by text: String) throws(ClaudeError) {
        size &+= text.utf8.count
        if size > Self.contentLimit { throw ClaudeError(.malformed, message: "the answer is far too long") }
    }

    private static func disorder(_ type: String) -> ClaudeError {
        ClaudeError(.malformed, message: "\(type) where the stream cannot have it, or without what it needs")
    }
}

extension TokenUsage {
    /// Takes over the figures that are there.
    mutating func replace(with value: JSONValue?) {
        inputTokens = value?["input_tokens"]?.integer ?? inputTokens
        outputTokens = value?["output_tokens"]?.integer ?? outputTokens
        cacheCreationInputTokens = value?["cache_creation_input_tokens"]?.integer ?? cacheCreationInputTokens
        cacheReadInputTokens = value?["cache_read_input_tokens"]?.integer ?? cacheReadInputTokens
        thinkingTokens = value?["output_tokens_details"]?["thinking_tokens"]?.integer ?? thinkingTokens
    }
}
