import SansIO
import Wire

/// Another machine's clock on ours: how far they are apart is the least that any picture of the last half minute took.
struct CaptureClock: Sendable {
    private static let window = Duration.seconds(15)
    /// A picture that seems to have been on its way for longer tells of a clock that was set, in milliseconds.
    private static let longest: Int64 = 10_000

    /// The least distance of this window and of the one before, in milliseconds.
    private var current: Int64?
    private var previous: Int64?
    private var windowBegan = Instant.zero

    /// When something was captured, in our time; never after it arrived.
    mutating func instant(of captured: Timestamp, arrivedAt now: Instant) -> Instant {
        let distance = now.nanoseconds / 1_000_000 - captured.milliseconds
        if now - windowBegan >= Self.window {
            previous = now - windowBegan >= Self.window * 2 ? nil : current
            (current, windowBegan) = (nil, now)
        }
        let least = min(distance, current ?? distance, previous ?? distance)
        guard distance - least <= Self.longest else {
            (current, previous, windowBegan) = (distance, nil, now)
            return now
        }
        current = min(distance, current ?? distance)
        return now - .milliseconds(distance - least)
    }
}
