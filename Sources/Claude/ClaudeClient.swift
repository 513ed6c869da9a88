import Coach
import HTTPClient
import SansIO
import Synchronization

/// A client of the Messages API: streamed, with deadlines, retries and typed errors.
public struct ClaudeClient: Sendable {
    public let configuration: ClaudeConfiguration
    private let random: RandomSource
    let http: CurlClient
    let note: @Sendable (String) -> Void
    let choice: SharedChoice
    /// A gateway may quote the key that it refuses; what it says goes into logs.
    let quoter: Quoter

    /// What one call came to, with what it took; the metrics are there for failures too.
    struct Reply: Sendable {
        var result: Result<ClaudeMessage, ClaudeError>
        var metrics: ClaudeMetrics
    }

    /// - Parameters:
    ///   - random: for the jitter of retries.
    ///   - note: takes a line for the log, from any thread.
    public init(
        configuration: ClaudeConfiguration, random: RandomSource, http: CurlClient = .shared,
        note: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.random = random
        self.http = http
        self.note = note
        quoter = Quoter(configuration.apiKey)
        choice = SharedChoice(RequestMode(configuration))
    }

    /// How the model is asked now.
    public var mode: RequestMode { choice.value.withLock { $0.mode } }

    // MARK: Messages

    /// Sends a prompt and returns the whole answer. Cancelling the task ends the transfer at once.
    func send(_ prompt: HintPrompt) async -> Reply {
        let total = MonotonicClock.now() + configuration.totalTimeout
        var random = self.random
        var attempts = 0
        var spent: TokenUsage?
        while true {
            attempts += 1
            let startedAt = MonotonicClock.now()
            let mode = self.mode
            var request = request(
                .post, path: "/v1/messages", accept: "text/event-stream",
                body: prompt.body(configuration, mode).serialised())
            // What went wrong may be the connection: a second attempt is not to go the way of the first.
            request.needsFreshConnection = attempts > 1
            let exchange = await http.perform(
                request, Exchange(.messageStream, deadlines: deadlines(total: total), quoter: quoter, at: startedAt),
                total: total)
            if let usage = exchange.assembler.usage { spent = (spent ?? TokenUsage()) + usage }
            let metrics = metrics(of: exchange, attempts: attempts, startedAt: startedAt, spent: spent)
            let error: ClaudeError
            switch exchange.result {
            case .success(.message(let message)): return Reply(result: .success(message), metrics: metrics)
            case .failure(let failure): error = failure
            case .success(.document), nil: error = ClaudeError(.malformed, message: "the response is not a message")
            }
            if error.kind == .invalidRequest, changedMode(from: mode, after: error), !Task.isCancelled { continue }
            let delay = configuration.retry.delay(
                after: error, attempts: attempts, shouldRetry: exchange.head.shouldRetry,
                asked: exchange.head.retryAfter, remaining: total - MonotonicClock.now(), random: &random)
            guard let delay, (try? await Task.sleep(for: delay)) != nil else {
                return Reply(result: .failure(Self.orCancelled(error)), metrics: metrics)
            }
        }
    }

    /// Whether the request is worth making again in another mode, which is remembered.
    private func changedMode(from used: RequestMode, after error: ClaudeError) -> Bool {
        let (isChanged, mode) = choice.value.withLock { choice in
            let before = choice.mode
            let isWorth = choice.refused(used, message: error.message)
            return (isWorth, choice.mode == before ? nil : choice.mode)
        }
        if let mode {
            note("\(configuration.model) refused \(used) (\(error.message)); it is asked with \(mode) from now on")
        }
        return isChanged
    }

    // MARK: Parts

    func deadlines(total: Instant) -> Exchange.Deadlines {
        Exchange.Deadlines(
            firstToken: configuration.firstTokenTimeout, thinking: configuration.thinkingTimeout,
            stall: configuration.stallTimeout, total: total)
    }

    func request(_ method: HTTPRequest.Method, path: String, accept: String, body: [UInt8]) -> HTTPRequest {
        var headers: [HTTPRequest.Header] = [
            .init("x-api-key", configuration.apiKey.secret), .init("anthropic-version", configuration.version.rawValue),
            .init("content-type", "application/json"), .init("accept", accept), .init("user-agent", "jask"),
        ]
        if let workspace = configuration.workspaceID { headers.append(.init("anthropic-workspace-id", workspace)) }
        return HTTPRequest(
            method, url: configuration.url(path: path), headers: headers, body: body,
            connectTimeout: configuration.connectTimeout, caFile: configuration.caFile)
    }

    private func metrics(
        of exchange: Exchange, attempts: Int, startedAt: Instant, spent: TokenUsage?
    ) -> ClaudeMetrics {
        var failedID: String?
        if case .failure(let error) = exchange.result { failedID = error.requestID }
        return ClaudeMetrics(
            attempts: attempts, firstToken: exchange.firstTokenAt.map { $0 - startedAt },
            duration: MonotonicClock.now() - startedAt, usage: spent,
            requestID: exchange.requestID ?? failedID, model: exchange.assembler.model,
            remaining: exchange.head.remaining)
    }

    private static func orCancelled(_ error: ClaudeError) -> ClaudeError {
        Task.isCancelled ? ClaudeError(.cancelled, requestID: error.requestID, message: "cancelled") : error
    }
}

/// The mode that all copies of a client share.
final class SharedChoice: Sendable {
    let value: Mutex<ModeChoice>

    init(_ mode: RequestMode) { value = Mutex(ModeChoice(mode)) }
}
