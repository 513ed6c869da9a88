import SansIO

/// How often somebody is told of a state that comes and goes: twice at once, that it came and went, and then once an
/// interval. Who makes it come and go in a loop costs everybody else next to nothing.
struct TellingPace: Sendable {
    /// When nothing will be left of what was told.
    private var settledAt: Instant?

    private static var interval: Duration { .seconds(30) }

    /// - Returns: nil where it may be told now, which is then counted; else when it may be.
    mutating func take(at now: Instant) -> Instant? {
        let settled = max(settledAt ?? now, now)
        guard settled - now <= Self.interval else { return settled - Self.interval }
        settledAt = settled + Self.interval
        return nil
    }
}
