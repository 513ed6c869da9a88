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

    /// - Parameter random: for prompt boundaries and the jitter of retries; must not be guessable.
    public init(configuration: CoachConfiguration, random: RandomSource, http: CurlClient = .shared) {
        self.configuration = configuration
        self.random = random
        client = configuration.claude.map { ClaudeClient(configuration: $0, random: random, http: http) }
        breaker = Mutex(
            RequestBreaker(
                limit: configuration.maximumConcurrentRequests, failuresBeforeRest: configuration.failuresBeforeRest,
                restDuration: configuration.restDuration))
    }

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
