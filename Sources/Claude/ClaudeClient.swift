import Coach
import HTTPClient
import SansIO

/// A client of the Messages API: streamed, with deadlines, retries and typed errors.
public struct ClaudeClient: Sendable {
    public let configuration: ClaudeConfiguration
    private let random: RandomSource
    let http: CurlClient
    /// A gateway may quote the key that it refuses; what it says goes into logs.
    let quoter: Quoter

    /// What one call came to, with what it took; the metrics are there for failures too.
    struct Reply: Sendable {
        var result: Result<ClaudeMessage, ClaudeError>
        var metrics: ClaudeMetrics
    }

    /// - Parameter random: for the jitter of retries.
    public init(configuration: ClaudeConfiguration, random: RandomSource, http: CurlClient = .shared) {
        self.configuration = configuration
        self.random = random
        self.http = http
        quoter = Quoter(configuration.apiKey)
    }

    // MARK: Messages

    /// Sends a prompt and returns the whole answer. Cancelling the task ends the transfer at once.
    func send(_ prompt: HintPrompt) async -> Reply {
        let total = MonotonicClock.now() + configuration.totalTimeout
        var request = request(
            .post, path: "/v1/messages", accept: "text/event-stream",
            body: prompt.body(configuration).serialised())
        var random = self.random
        var attempts = 0
        var spent: TokenUsage?
        while true {
            attempts += 1
            let startedAt = MonotonicClock.now()
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
            let delay = configuration.retry.delay(
                after: error, attempts: attempts, shouldRetry: exchange.head.shouldRetry,
                asked: exchange.head.retryAfter, remaining: total - MonotonicClock.now(), random: &random)
            guard let delay, (try? await Task.sleep(for: delay)) != nil else {
                return Reply(result: .failure(Self.orCancelled(error)), metrics: metrics)
            }
        }
    }

    // MARK: Parts

    func deadlines(total: Instant) -> Exchange.Deadlines {
        Exchange.Deadlines(
            firstToken: configuration.firstTokenTimeout, stall: configuration.stallTimeout, total: total)
    }

    func request(_ method: HTTPRequest.Method, path: String, accept: String, body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            method, url: configuration.url(path: path),
            headers: [
                .init("x-api-key", configuration.apiKey.secret), .init("anthropic-version", "2023-06-01"),
                .init("content-type", "application/json"), .init("accept", accept), .init("user-agent", "jask"),
            ], body: body, connectTimeout: configuration.connectTimeout, caFile: configuration.caFile)
    }

    private func metrics(
        of exchange: Exchange, attempts: Int, startedAt: Instant, spent: TokenUsage?
    ) -> ClaudeMetrics {
        var failedID: String?
        if case .failure(let error) = exchange.result { failedID = error.requestID }
        return ClaudeMetrics(
            attempts: attempts, firstToken: exchange.firstTokenAt.map { $0 - startedAt },
            duration: MonotonicClock.now() - startedAt, usage: spent,
            requestID: exchange.requestID ?? failedID, model: exchange.assembler.model)
    }

    private static func orCancelled(_ error: ClaudeError) -> ClaudeError {
        Task.isCancelled ? ClaudeError(.cancelled, requestID: error.requestID, message: "cancelled") : error
    }
}
