import SansIO

/// The waits between attempts: a table of delays, its last one repeated, with jitter from a given attempt on.
public struct Backoff: Sendable {
    public var delays: [Duration]
    /// Up to this much is added at random.
    public var jitter: Duration
    /// The first attempt, from 0, that has jitter.
    public var jitterFrom: Int

    public init(delays: [Duration], jitter: Duration, jitterFrom: Int = 0) {
        self.delays = delays
        self.jitter = jitter
        self.jitterFrom = jitterFrom
    }

    /// Begins as LiveKit's browser client does, but never more than 2 s between attempts: for a participant that is missed.
    public static let prompt = Backoff(
        delays: [.zero, .milliseconds(300), .milliseconds(1200), .milliseconds(1500)],
        jitter: .milliseconds(500), jitterFrom: 2)

    /// Doubling from `first` to `longest`, each with up to as much again at random, but never above `longest`.
    public static func exponential(first: Duration, longest: Duration) -> Backoff {
        var delays: [Duration] = []
        var delay = max(first, .milliseconds(1))
        while delay < longest, delays.count < 32 {
            delays.append(delay)
            delay *= 2
        }
        delays.append(longest)
        return Backoff(delays: delays.map { $0 / 2 }, jitter: .zero, jitterFrom: 0).withProportionalJitter()
    }

    private var isProportional = false

    private func withProportionalJitter() -> Backoff {
        var copy = self
        copy.isProportional = true
        return copy
    }

    /// How long to wait before attempt number `attempt`, from 0.
    public func delay(attempt: Int, using random: inout RandomSource) -> Duration {
        guard let last = delays.last else { return .zero }
        let base = delays.indices.contains(attempt) ? delays[attempt] : last
        let spread = isProportional ? base : jitter
        guard attempt >= jitterFrom, spread > .zero else { return base }
        return base + .nanoseconds(Int64.random(in: 0...spread.wholeNanoseconds, using: &random))
    }
}
