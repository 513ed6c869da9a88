import SansIO

/// Estimates when a sender's samples were captured, on the local clock.
///
/// Arrival minus media time has a floor: the packets that met no queue. The floor over a sliding window is the offset
/// between both clocks plus the shortest one-way delay, half of the round trip when that is known. Sender reports
/// (RFC 3550 §6.4.1) say how fast the media clock really runs and map timestamps to the sender's wall clock, by which
/// tracks of one sender are put side by side.
public struct MediaClock: Sendable {
    /// How long a floor is remembered before a newer, higher one replaces it: at least this, at most twice this.
    public static let window: Duration = .seconds(5)
    /// A timestamp that departs from the time passed by more than this is a new run: 5 s, in nanoseconds.
    private static let largestJump: Int64 = 5_000_000_000
    /// Reports must be this far apart before they may correct the rate.
    static let shortestRateSpan = 4.0
    /// A measured rate further from nominal than this is a broken report, not a clock.
    static let largestRateError = 0.05

    /// Ticks of the media clock per second, nominally.
    public let clockRate: Int
    /// Ticks of the media clock per second of the sender's wall clock, as reports show it.
    public private(set) var measuredRate: Double

    private var anchor: (timestamp: Int64, arrival: Instant)?
    private var floor = SlidingMinimum(window: MediaClock.window)
    private var oneWayDelay: Duration = .zero
    private var firstReport: SenderReport?
    private var lastReport: SenderReport?

    private struct SenderReport {
        /// 32.32 fixed-point seconds since 1900.
        var ntp: UInt64
        var timestamp: Int64
    }

    public init(clockRate: Int = AudioFormat.opusClockRate) {
        self.clockRate = max(clockRate, 1)
        measuredRate = Double(max(clockRate, 1))
    }

    /// Takes note of a packet's arrival.
    /// - Parameter timestamp: the sender's timestamp, unwrapped.
    public mutating func observe(timestamp: Int64, arrival: Instant) {
        if anchor == nil { anchor = (timestamp, arrival) }
        guard let delay = relativeDelay(timestamp: timestamp, arrival: arrival) else { return }
        if let lowest = floor.minimum, (delay &- lowest).magnitude > Self.largestJump.magnitude {
            begin(timestamp: timestamp, arrival: arrival)
        } else {
            floor.insert(delay, at: arrival)
        }
    }

    /// Follows a sender that set its timestamps anew; the clock behind them is the same, so its rate stays.
    private mutating func begin(timestamp: Int64, arrival: Instant) {
        anchor = (timestamp, arrival)
        floor.restart(with: 0, at: arrival)
        firstReport = nil
        lastReport = nil
    }

    /// Takes note of a sender report.
    /// - Parameters:
    ///   - ntp: the report's 64-bit NTP timestamp.
    ///   - rtpTimestamp: the report's RTP timestamp, as on the wire; unwrapped here against the packets observed.
    public mutating func observeSenderReport(ntp: UInt64, rtpTimestamp: UInt32, arrival: Instant) {
        guard let anchor else { return }
        let elapsed = SampleClock.samples(nanoseconds: (arrival - anchor.arrival).wholeNanoseconds, rate: clockRate)
        let expected = anchor.timestamp &+ elapsed
        let step = Int32(truncatingIfNeeded: Int64(rtpTimestamp) &- expected)
        let report = SenderReport(ntp: ntp, timestamp: expected &+ Int64(step))
        lastReport = report
        guard let first = firstReport, ntp > first.ntp else {
            firstReport = report
            return
        }
        let seconds = Double(ntp - first.ntp) / 4_294_967_296
        guard seconds >= Self.shortestRateSpan else { return }
        let rate = Double(report.timestamp &- first.timestamp) / seconds
        if abs(rate / Double(clockRate) - 1) <= Self.largestRateError {
            setRate(rate)
        } else {
            // The media clock jumped between the reports (a mute, a restart): measure anew from here.
            firstReport = report
        }
    }

    /// Tells the round-trip time of the path, so that half of it is not taken for clock offset.
    public mutating func setRoundTripTime(_ roundTrip: Duration) {
        oneWayDelay = max(.zero, roundTrip / 2)
    }

    /// When the sample with this timestamp was captured, on the local clock; `nil` before the first packet.
    public func captureInstant(ofTimestamp timestamp: Int64) -> Instant? {
        guard let anchor, let offset = floor.minimum else { return nil }
        return anchor.arrival + (mediaTime(since: anchor.timestamp, to: timestamp) + .nanoseconds(offset) - oneWayDelay)
    }

    /// The sender's wall clock at this timestamp, 32.32 fixed-point seconds since 1900; `nil` before the first report.
    public func senderTime(ofTimestamp timestamp: Int64) -> UInt64? {
        guard let report = lastReport else { return nil }
        let seconds = Double(timestamp &- report.timestamp) / measuredRate
        guard abs(seconds) < 1_000_000_000 else { return nil }
        return report.ntp &+ UInt64(bitPattern: Int64(seconds * 4_294_967_296))
    }

    private mutating func setRate(_ rate: Double) {
        // A new rate tilts the line the delays are measured from, so what was measured no longer compares.
        if abs(rate - measuredRate) / measuredRate > 0.000_5 { floor = SlidingMinimum(window: Self.window) }
        measuredRate = rate
        if let anchor, floor.minimum == nil, let last = lastArrival {
            floor.insert(relativeDelayNanoseconds(last, since: anchor), at: last.arrival)
        }
    }

    private var lastArrival: (timestamp: Int64, arrival: Instant)?

    private mutating func relativeDelay(timestamp: Int64, arrival: Instant) -> Int64? {
        guard let anchor else { return nil }
        lastArrival = (timestamp, arrival)
        return relativeDelayNanoseconds((timestamp, arrival), since: anchor)
    }

    private func relativeDelayNanoseconds(
        _ packet: (timestamp: Int64, arrival: Instant), since anchor: (timestamp: Int64, arrival: Instant)
    ) -> Int64 {
        let elapsed = packet.arrival - anchor.arrival
        return (elapsed - mediaTime(since: anchor.timestamp, to: packet.timestamp)).wholeNanoseconds
    }

    private func mediaTime(since start: Int64, to end: Int64) -> Duration {
        let seconds = Double(end &- start) / measuredRate
        return abs(seconds) < 1_000_000_000 ? .nanoseconds(Int64(seconds * 1e9)) : .zero
    }
}
