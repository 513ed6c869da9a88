import Coach
import SansIO

/// When a failed request is made again: exponential back-off with jitter, or what the API asks for, within a deadline.
public struct RetryPolicy: Sendable, Hashable {
    /// Requests in all, the first included. Default 3; 1…10.
    public var maximumAttempts: Int
    /// Before the second attempt; doubled for each further one. Default 400 ms; 10 ms…10 s.
    public var baseDelay: Duration
    /// Default 4 s; `baseDelay`…60 s. What the API asks for may be longer.
    public var maximumDelay: Duration
    /// How much of the delay is random: 0.25 takes up to a quarter off. Default 0.25; 0…1.
    public var jitter: Double
    /// An attempt with less time than this before the total deadline is not worth making. Default 1 s.
    public var minimumAttempt: Duration

    public init(
        maximumAttempts: Int = 3, baseDelay: Duration = .milliseconds(400), maximumDelay: Duration = .seconds(4),
        jitter: Double = 0.25, minimumAttempt: Duration = .seconds(1)
    ) {
        self.maximumAttempts = maximumAttempts
        self.baseDelay = baseDelay
        self.maximumDelay = maximumDelay
        self.jitter = jitter
        self.minimumAttempt = minimumAttempt
    }

    /// How long to wait before the next attempt; nil to give up.
    /// - Parameters:
    ///   - attempts: how many were made already.
    ///   - shouldRetry: the API's own word (`x-should-retry`), which overrides the error's kind.
    ///   - asked: how long the API asks to wait (`retry-after`), with whatever status.
    ///   - remaining: until the total deadline.
    func delay(
        after error: ClaudeError, attempts: Int, shouldRetry: Bool?, asked: Duration?, remaining: Duration,
        random: inout some RandomNumberGenerator
    ) -> Duration? {
        // A spend limit stays reached whatever a header says, and an answer that is empty twice will be so again.
        guard error.kind != .quota, error.kind != .empty || attempts < 2 else { return nil }
        guard attempts < maximumAttempts, shouldRetry ?? error.isTransient else { return nil }
        let doubled = baseDelay * (1 << min(max(attempts - 1, 0), 20))
        let share = 1 - jitter * Double.random(in: 0...1, using: &random)
        var delay = Duration.nanoseconds(Int64(Double(min(doubled, maximumDelay).wholeNanoseconds) * share))
        if let asked { delay = max(delay, asked) }
        return remaining - delay >= minimumAttempt ? delay : nil
    }
}
