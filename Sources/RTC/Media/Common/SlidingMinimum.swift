import SansIO

/// The smallest value of the last one to two windows, in constant time and space.
///
/// Two halves are kept, the current and the previous window, which is exact enough for a floor of delays.
struct SlidingMinimum: Sendable {
    private let window: Int64
    private var windowStart: Instant?
    private var current: Int64?
    private var previous: Int64?

    init(window: Duration) {
        self.window = window.wholeNanoseconds
    }

    /// The smallest value still remembered.
    var minimum: Int64? {
        guard let current else { return previous }
        guard let previous else { return current }
        return min(current, previous)
    }

    mutating func insert(_ value: Int64, at now: Instant) {
        if let start = windowStart {
            let age = now.nanoseconds(since: start)
            if age >= window {
                previous = age / 2 >= window ? nil : current
                current = nil
                windowStart = now
            }
        } else {
            windowStart = now
        }
        current = min(current ?? value, value)
    }

    /// Forgets everything but `value`.
    mutating func restart(with value: Int64, at now: Instant) {
        windowStart = now
        current = value
        previous = nil
    }
}
