import SansIO

/// When a choice that forbids less than the one before it takes effect.
///
/// What forbids does so at once. What allows again does so at once the first time, and then once an interval: whoever
/// says one and the other in a loop costs the journal, the log and everybody's notices next to nothing, and the last word
/// counts all the same.
struct Relaxation<Value: Sendable & Hashable>: Sendable {
    private var relaxedAt: Instant?
    /// What is to hold once the interval is over.
    private(set) var wanted: Value?

    /// Two seconds, for each time there may be one more change at once, by which something is forbidden again.
    private static var interval: Duration { .seconds(2) }

    /// Something less strict is said.
    /// - Returns: whether it holds at once; else it is `wanted`.
    mutating func relax(to value: Value, at now: Instant) -> Bool {
        if let relaxedAt, now - relaxedAt < Self.interval {
            wanted = value
            return false
        }
        relaxedAt = now
        wanted = nil
        return true
    }

    /// What waits is something else now, or nothing.
    mutating func want(_ value: Value?) { wanted = value }

    var deadline: Instant? {
        guard wanted != nil, let relaxedAt else { return nil }
        return relaxedAt + Self.interval
    }

    /// What holds from now on, if something does.
    mutating func takeDue(at now: Instant) -> Value? {
        guard let deadline, deadline <= now else { return nil }
        defer { (wanted, relaxedAt) = (nil, now) }
        return wanted
    }

    /// Whether it is as if nothing had ever been said.
    func isOver(at now: Instant) -> Bool { wanted == nil && relaxedAt.map { now - $0 >= Self.interval } ?? true }
}
