import Coach
import HTTPClient
import SansIO

/// One request's response, read as it comes, with its deadlines. Sans-IO: driven by the HTTP client's thread.
struct Exchange: ResponseReader {
    /// What the response is expected to be.
    enum Expected: Sendable { case messageStream, document }

    /// What a response that is in order comes to.
    enum Answer: Sendable {
        case message(ClaudeMessage)
        case document([UInt8])
    }

    struct Deadlines: Sendable {
        var firstToken: Duration
        /// In place of the others where the model thinks.
        var thinking: Duration
        var stall: Duration
        var total: Instant
    }

    static let documentLimit = 4 << 20

    private(set) var head = ResponseHead()
    private(set) var result: Result<Answer, ClaudeError>?
    /// When the first piece of the answer came.
    private(set) var firstTokenAt: Instant?
    private(set) var assembler: MessageStreamAssembler

    private let quoter: Quoter
    private let expected: Expected
    private let deadlines: Deadlines
    private let startedAt: Instant
    private var lastEventAt: Instant?
    private var parser = SSEParser()
    private var body: [UInt8] = []

    init(_ expected: Expected, deadlines: Deadlines, quoter: Quoter = Quoter(), at now: Instant) {
        self.quoter = quoter
        assembler = MessageStreamAssembler(quoter: quoter)
        self.expected = expected
        self.deadlines = deadlines
        startedAt = now
    }

    /// When `timeout(at:)` ends the exchange; nil once there is a result.
    var deadline: Instant? {
        guard result == nil else { return nil }
        return min(deadlines.total, progressDeadline ?? deadlines.total)
    }

    /// As logs may show it.
    var requestID: String? { head.requestID.map { quoter.quote($0, limit: 100) } }

    var progress: ReadingProgress {
        switch result {
        case nil: .reading
        case .success: .satisfied
        // Where nothing comes any more, the connection may be dead: the next request is not to find it.
        case .failure(let error): .failed(keepsConnection: !error.isTimeout)
        }
    }

    /// Until the first token counts the wait for it; from then on, silence between events.
    private var progressDeadline: Instant? {
        guard case .messageStream = expected else { return nil }
        guard firstTokenAt != nil, let lastEventAt else {
            return startedAt
                + (assembler.hasThought ? max(deadlines.thinking, deadlines.firstToken) : deadlines.firstToken)
        }
        return lastEventAt + (assembler.isThinking ? max(deadlines.thinking, deadlines.stall) : deadlines.stall)
    }

    mutating func receive(headerLine: String) {
        if result == nil { head.receive(line: headerLine) }
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer, at now: Instant) {
        guard result == nil else { return }
        guard case .messageStream = expected, head.status == 200, isEventStream else {
            guard body.count + bytes.count <= Self.documentLimit else {
                return fail(ClaudeError(.malformed, message: "the response is larger than \(Self.documentLimit) bytes"))
            }
            body.append(contentsOf: bytes)
            return
        }
        do {
            for event in try parser.receive(bytes) where result == nil {
                lastEventAt = now
                try take(event, at: now)
            }
        } catch let error as ClaudeError {
            fail(error)
        } catch {
            fail(ClaudeError(.malformed, message: "one event of the stream is too large"))
        }
    }

    mutating func ended(_ end: ResponseEnd, at now: Instant) {
        guard result == nil else { return }
        switch end {
        case .complete: complete()
        case .connectTimeout: fail(ClaudeError(.timeout(.connect), message: "no connection in time"))
        case .notConnected(let why), .tls(let why): fail(ClaudeError(.network, message: why))
        case .broken(let why): fail(ClaudeError(head.status == nil ? .network : .cut, message: why))
        case .notHTTP(let why): fail(ClaudeError(.malformed, message: why))
        }
    }

    mutating func timeout(at now: Instant) {
        guard result == nil, let deadline, now >= deadline else { return }
        if now >= deadlines.total {
            fail(ClaudeError(.timeout(.total), message: "the time for the whole answer is over" + thought))
        } else if firstTokenAt == nil {
            fail(ClaudeError(.timeout(.firstToken), message: "no content in time" + thought))
        } else {
            fail(ClaudeError(.timeout(.stall), message: "the stream fell silent" + thought))
        }
    }

    /// Says that time went into thinking, which the settings can change.
    private var thought: String {
        guard assembler.hasThought else { return "" }
        return firstTokenAt == nil || assembler.isThinking ? ": the model was still thinking (claude.thinking)" : ""
    }

    /// The answer is not wanted any more.
    mutating func cancel() {
        if result == nil { fail(ClaudeError(.cancelled, message: "the request was cancelled")) }
    }

    // MARK: Reading

    private var isEventStream: Bool {
        head["content-type"]?.lowercased().hasPrefix("text/event-stream") ?? false
    }

    private mutating func take(_ event: ServerSentEvent, at now: Instant) throws(ClaudeError) {
        switch try assembler.receive(event) {
        case .none: break
        case .content: firstTokenAt = firstTokenAt ?? now
        case .finished(let message): finish(message)
        }
    }

    private mutating func finish(_ message: ClaudeMessage) {
        switch message.stopReason {
        case "refusal":
            let category = message.refusalCategory
            fail(
                ClaudeError(
                    .refusal, code: category,
                    message: "the model declined to answer" + (category.map { " (\($0))" } ?? "")))
        case "max_tokens":
            let thinking = message.usage.thinkingTokens
            let why =
                thinking > 0 ? ": \(thinking) tokens went into thinking (claude.thinking, claude.maximum_tokens)" : ""
            fail(ClaudeError(.maxTokens, message: "the answer is longer than allowed" + why))
        case "model_context_window_exceeded":
            fail(ClaudeError(.promptTooLong, message: "prompt and answer do not fit the model's context window"))
        case "stop_sequence", "pause_turn":
            fail(ClaudeError(.malformed, message: "the answer stopped for \(message.stopReason ?? "")"))
        default:
            guard message.hasContent else {
                return fail(ClaudeError(.empty, message: "the message ended without content"))
            }
            result = .success(.message(message))
        }
    }

    private mutating func complete() {
        guard let status = head.status, status == 200 else {
            let value = JSONValue(parsing: body)
            return fail(ClaudeError(api: value, status: head.status ?? 0, headers: head, quoter: quoter))
        }
        switch expected {
        case .document: result = .success(.document(body))
        case .messageStream where isEventStream:
            fail(ClaudeError(.cut, message: "the stream ended before the message did"))
        case .messageStream:
            fail(ClaudeError(.malformed, message: "the response is not an event stream"))
        }
    }

    private mutating func fail(_ error: ClaudeError) {
        var error = error
        error.requestID = error.requestID ?? requestID
        error.message = quoter.quote(error.message, limit: 600)
        result = .failure(error)
    }
}
