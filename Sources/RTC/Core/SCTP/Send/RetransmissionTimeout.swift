import SansIO

/// The retransmission timeout (RFC 9260 §6.3.1), and the probe timeout that goes with it.
struct RetransmissionTimeout {
    private let minimum: Duration
    private let maximum: Duration
    private let maximumBackoff: Duration
    private let granularity = Duration.milliseconds(1)

    /// The smoothed round-trip time; `nil` before the first measurement.
    private(set) var smoothed: Duration?
    private var variation = Duration.zero
    private(set) var latest = Duration.zero
    /// The shortest round-trip time seen.
    private(set) var shortest: Duration?
    /// The timeout as measured, without back-off.
    private(set) var base: Duration
    /// Timeouts since something was last heard.
    private(set) var backoffs = 0

    init(_ options: SCTPOptions) {
        minimum = options.minimumRTO
        maximum = options.maximumRTO
        maximumBackoff = options.maximumBackoff
        base = options.initialRTO
    }

    /// The timeout to arm now, back-off included.
    var current: Duration {
        let doubled = base * (1 << min(backoffs, 16))
        return min(doubled, max(base, maximumBackoff))
    }

    mutating func measure(_ roundTrip: Duration) {
        guard roundTrip >= .zero else { return }
        latest = roundTrip
        shortest = shortest.map { min($0, roundTrip) } ?? roundTrip
        if let previous = smoothed {
            let difference = previous > roundTrip ? previous - roundTrip : roundTrip - previous
            variation = (variation * 3 + difference) / 4
            smoothed = (previous * 7 + roundTrip) / 8
        } else {
            smoothed = roundTrip
            variation = roundTrip / 2
        }
        let measured = (smoothed ?? roundTrip) + max(granularity, variation * 4)
        base = min(max(measured, minimum), maximum)
    }

    mutating func backOff() { backoffs += 1 }

    mutating func resetBackoff() { backoffs = 0 }

    /// How much later than its successors' acknowledgement a packet may be before it counts as lost.
    ///
    /// - Parameter tolerance: eighths of a round trip to allow for reordering.
    func lossDelay(tolerance: Int) -> Duration {
        let roundTrip = max(smoothed ?? .zero, latest)
        return max(roundTrip + roundTrip * tolerance / 8, granularity)
    }

    /// How long the tail of a flight may stay unanswered before it is probed (RFC 8985 §7.2); `nil` if not yet known.
    ///
    /// - Parameter isLonePacket: the peer may be holding its acknowledgement back for a second packet.
    func probeTimeout(isLonePacket: Bool) -> Duration? {
        guard let smoothed else { return nil }
        return max(smoothed * 2, .milliseconds(20)) + (isLonePacket ? .milliseconds(200) : .zero)
    }
}
