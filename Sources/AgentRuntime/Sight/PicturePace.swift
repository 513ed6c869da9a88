import SansIO

/// Which of a camera's pictures are looked at: so many a second, however many come.
struct PicturePace: Sendable {
    /// From one that is looked at to the next.
    var interval: Duration
    private var due: Instant?

    /// - Parameter rate: pictures a second.
    init(rate: Double) { interval = .nanoseconds(Int64(1e9 / max(rate, 0.01))) }

    /// Whether a picture of this time is to be looked at. A quarter early is not too early: cameras keep no exact time.
    func isDue(at time: Instant) -> Bool { due.map { time >= $0 - interval / 4 } ?? true }

    mutating func looked(at time: Instant) {
        // On the average as often as wanted, without making good for what did not come.
        due = max((due ?? time) + interval, time + interval * 3 / 4)
    }
}
