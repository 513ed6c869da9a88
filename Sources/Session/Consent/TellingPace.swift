import SansIO

/// How often somebody is told of a state that comes and goes: a few times at once, and then once an interval. Who makes it
/// come and go in a loop costs everybody else next to nothing.
struct TellingPace: Sendable {
    /// When nothing will be left of what was told.
    private var settledAt: Instant?
    private let interval: Duration
    /// What may be told at once above the first, in intervals.
    private let slack: Duration

    /// Twice at once, that it came and went, and then once in 30 s, unless told otherwise.
    init(atOnce: Int = 2, interval: Duration = .seconds(30)) {
        self.interval = interval
        slack = interval * max(0, atOnce - 1)
    }

    /// - Returns: nil where it may be told now, which is then counted; else when it may be.
    mutating func take(at now: Instant) -> Instant? {
        let settled = max(settledAt ?? now, now)
        guard settled - now <= slack else { return settled - slack }
        settledAt = settled + interval
        return nil
    }
}
