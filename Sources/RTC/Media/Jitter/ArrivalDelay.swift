import SansIO

/// Follows how late packets come, relative to the fastest of the last seconds (the reference of the silence clock).
struct ArrivalDelay: Sendable {
    /// Delays are summed up by their largest in this much time, so that a burst counts once.
    private static let period: Duration = .milliseconds(500)
    /// How far the silence clock stays behind before anything is known.
    private static let initialMargin: Duration = .milliseconds(80)

    private var floor = SlidingMinimum(window: .seconds(1))
    private var histogram = DelayHistogram(retention: 0.983)
    private var periodStart: Instant?
    private var largest: Duration = .zero
    private var margin: Duration = ArrivalDelay.initialMargin

    /// When the sample at `position` would have arrived with the fastest packets; `nil` before the first.
    func earliestArrival(of position: Int64) -> Instant? {
        guard let offset = floor.minimum else { return nil }
        return Instant(nanoseconds: offset) + .opusSamples(position)
    }

    /// How late packets may be, in 95 of 100 half-seconds.
    var expectedLateness: Duration { margin }

    /// Takes note of a packet.
    /// - Parameter isRegular: whether it directly followed the one before it in the sender's time; others (after
    ///   silence, loss or a mute) say little about the queueing that the next packets will meet.
    mutating func observe(position: Int64, arrival: Instant, isRegular: Bool) {
        let offset = (arrival - .opusSamples(position)).nanoseconds
        floor.insert(offset, at: arrival)
        guard isRegular, let lowest = floor.minimum else { return }
        largest = max(largest, .nanoseconds(offset &- lowest))
        guard let start = periodStart else {
            periodStart = arrival
            return
        }
        if arrival - start >= Self.period {
            histogram.insert(largest)
            margin = histogram.quantile(0.95) ?? Self.initialMargin
            largest = .zero
            periodStart = arrival
        }
    }

    /// Starts the reference anew, because the sender's clock was set, or too long ago was it last seen.
    mutating func restart(position: Int64, arrival: Instant) {
        floor.restart(with: (arrival - .opusSamples(position)).nanoseconds, at: arrival)
        periodStart = nil
        largest = .zero
    }
}
