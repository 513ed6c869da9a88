import SansIO

/// Follows how late packets come, relative to the fastest of the last seconds (the reference of the silence clock).
///
/// Runs with every packet, so it counts in nanoseconds rather than with `Duration`.
struct ArrivalDelay: Sendable {
    /// Delays are summed up by their largest in this much time, so that a burst counts once.
    private static let period: Int64 = 500_000_000
    /// How late packets are taken to be before anything is known.
    private static let initialMargin: Int64 = 80_000_000

    private var floor = SlidingMinimum(window: .seconds(1))
    private var histogram = DelayHistogram(retention: 0.983)
    private var periodStart: Instant?
    private var largest: Int64 = 0

    /// How late packets may be, in 95 of 100 half-seconds; nanoseconds.
    private(set) var expectedLateness = ArrivalDelay.initialMargin

    /// When the sample at `position` would have arrived with the fastest packets; `nil` before the first.
    func earliestArrival(of position: Int64) -> Instant? {
        guard let offset = floor.minimum else { return nil }
        return Instant(nanoseconds: offset).adding(nanoseconds: SampleClock.opusNanoseconds(position))
    }

    /// Takes note of a packet.
    /// - Parameter isRegular: whether it directly followed the one before it in the sender's time; others (after
    ///   silence, loss or a mute) say little about the queueing that the next packets will meet.
    mutating func observe(position: Int64, arrival: Instant, isRegular: Bool) {
        let offset = Self.offset(position, arrival)
        floor.insert(offset, at: arrival)
        guard isRegular, let lowest = floor.minimum else { return }
        largest = max(largest, offset &- lowest)
        guard let start = periodStart else {
            periodStart = arrival
            return
        }
        if arrival.nanoseconds(since: start) >= Self.period {
            histogram.insert(.nanoseconds(largest))
            expectedLateness = histogram.quantile(0.95)?.wholeNanoseconds ?? Self.initialMargin
            largest = 0
            periodStart = arrival
        }
    }

    /// Starts the reference anew, because the sender's clock was set, or too long ago was it last seen.
    mutating func restart(position: Int64, arrival: Instant) {
        floor.restart(with: Self.offset(position, arrival), at: arrival)
        periodStart = nil
        largest = 0
    }

    private static func offset(_ position: Int64, _ arrival: Instant) -> Int64 {
        arrival.nanoseconds(since: Instant(nanoseconds: SampleClock.opusNanoseconds(position)))
    }
}
