import Coach
import HTTPClient
import SansIO
import Synchronization

/// Gives hints: Claude's where there is a key and an answer comes in time and in order, else a rehearsed one.
///
/// One for the whole process; every room asks it.
public final class ClaudeCoach: Sendable {
    public let configuration: CoachConfiguration
    private let client: ClaudeClient?
    private let random: RandomSource
    private let composer = Composer()
    private let rehearsed = RehearsedCoach()
    private let breaker: Mutex<RequestBreaker>

    private let note: @Sendable (String) -> Void

    /// - Parameters:
    ///   - random: for prompt boundaries and the jitter of retries; must not be guessable.
    ///   - note: takes a line for the log, from any thread.
    public init(
        configuration: CoachConfiguration, random: RandomSource, http: CurlClient = .shared,
        note: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.random = random
        client = configuration.claude.map { ClaudeClient(configuration: $0, random: random, http: http, note: note) }
        self.note = note
        breaker = Mutex(
            RequestBreaker(
                limit: configuration.maximumConcurrentRequests, failuresBeforeRest: configuration.failuresBeforeRest,
                restDuration: configuration.restDuration))
    }

    /// Makes ready at start what the first hint would wait for: what the Models API says of the model, the connection, and
    /// the schema, which is compiled on its first use. One small request of nobody's room. Never throws; what goes wrong is
    /// noted, and hints are asked for all the same.
    /// - Returns: the tokens that it took.
    @discardableResult
    public func warmUp() async -> TokenUsage? {
        guard let client else { return nil }
        do throws(ClaudeError) {
            let entry = try await client.learn()
            if entry == nil { note("Claude: there is no model '\(client.configuration.model)' (claude.model)") }
            if let entry, let lifecycle = entry.lifecycle, lifecycle != "active" {
                note("Claude: \(entry.id) is \(lifecycle)" + (entry.retiresAt.map { ", retires \($0)" } ?? ""))
            }
        } catch {
            if error.kind == .cancelled { return nil }
            note("Claude: the model could not be looked up, and is asked by its name: \(error)")
        }
        guard configuration.warmsUp, !Task.isCancelled else { return nil }
        var random = self.random
        let reply = await client.send(composer.compose(Self.example, random: &random))
        if case .failure(let error) = reply.result, error.kind != .cancelled {
            note("Claude did not answer the first request: \(error)")
        }
        return reply.metrics.usage
    }

    /// A request as rooms make it, with nothing of a room in it.
    public static let example = HintRequest(
        trigger: TriggerFacts(kind: TriggerFacts.request, confidence: 1), tier: 1,
        problem: "Write a function that returns the largest of three numbers.")

    /// Asks for one hint. Never throws and never takes longer than Claude's total deadline and a quarter of a second.
    ///
    /// Cancelling the task ends a request that is under way; the outcome then has no hint.
    public func hint(for request: HintRequest) async -> CoachOutcome {
        let startedAt = MonotonicClock.now()
        guard let client else { return rehearse(request, .noKey, startedAt: startedAt) }
        switch breaker.withLock({ $0.enter(at: startedAt) }) {
        case .busy: return rehearse(request, .busy, startedAt: startedAt)
        case .resting: return rehearse(request, .restingAfterFailures, startedAt: startedAt)
        case .go: break
        }
        var random = self.random
        let reply = await client.send(composer.compose(request, random: &random))
        let now = MonotonicClock.now()
        switch reply.result {
        case .failure(let error):
            breaker.withLock { $0.ended(error, at: now) }
            let reason = error.kind == .cancelled ? CoachOutcome.NotClaude.cancelled : .failed(error)
            return rehearse(request, reason, metrics: reply.metrics, startedAt: startedAt)
        case .success(let message):
            breaker.withLock { $0.ended(nil, at: now) }
            do {
                let checked = try HintValidator(request: request).check(
                    toolInputs: message.toolInputs, texts: message.texts)
                return CoachOutcome(
                    hint: checked.hint, anchorCorrection: checked.anchorCorrection, claude: reply.metrics,
                    elapsed: now - startedAt)
            } catch {
                return rehearse(request, .withheld(error), metrics: reply.metrics, startedAt: startedAt)
            }
        }
    }

    private func rehearse(
        _ request: HintRequest, _ reason: CoachOutcome.NotClaude, metrics: ClaudeMetrics? = nil, startedAt: Instant
    ) -> CoachOutcome {
        let isCancelled = reason == .cancelled || Task.isCancelled
        return CoachOutcome(
            hint: isCancelled ? nil : rehearsed.hint(for: request), notClaude: isCancelled ? .cancelled : reason,
            claude: metrics, elapsed: MonotonicClock.now() - startedAt)
    }
}
