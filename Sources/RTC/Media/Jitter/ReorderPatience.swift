import SansIO

/// Learns how long it pays to wait for a packet that a later one has overtaken.
///
/// Where packets do get reordered, the wait covers 95 % of what comes at all; where missing packets practically never
/// come, it shrinks to its minimum.
struct ReorderPatience: Sendable {
    /// Below this share of missing packets that still come, waiting is not worth it.
    private static let worthwhileShare: Float = 0.02
    /// Gaps to see before the share is believed.
    private static let leastExperience: Float = 12
    private static let retention: Float = 0.98

    private(set) var current: Duration
    private let minimum: Duration
    private let initial: Duration
    private let maximum: Duration
    private var lateness = DelayHistogram(retention: Self.retention)
    private var gaps: Float = 0
    private var arrivals: Float = 0
    private var roundTripFloor: Duration = .zero

    init(minimum: Duration, initial: Duration, maximum: Duration) {
        self.minimum = minimum
        self.initial = initial
        self.maximum = max(minimum, maximum)
        current = min(max(initial, minimum), self.maximum)
    }

    /// A missing packet came `delay` after the packet that overtook it.
    mutating func observeArrival(after delay: Duration) {
        guard delay <= maximum else {
            observeLoss()
            return
        }
        lateness.insert(delay)
        count(arrived: true)
    }

    /// A missing packet did not come in time.
    mutating func observeLoss() {
        count(arrived: false)
    }

    /// Beyond the round trip: 10 ms until a missing packet is asked for, and as much again twice to spare.
    private static let retransmissionMargin: Duration = .milliseconds(30)

    /// A repeated packet takes a round trip; it is waited for if that is within the maximum.
    mutating func setRetransmission(roundTrip: Duration) {
        let needed = roundTrip + Self.retransmissionMargin
        roundTripFloor = needed <= maximum ? needed : .zero
        update()
    }

    private mutating func count(arrived: Bool) {
        gaps = gaps * Self.retention + 1
        arrivals = arrivals * Self.retention + (arrived ? 1 : 0)
        update()
    }

    private mutating func update() {
        var wanted = initial
        if gaps >= Self.leastExperience, arrivals < gaps * Self.worthwhileShare {
            wanted = minimum
        } else if let quantile = lateness.quantile(0.95), gaps >= Self.leastExperience || quantile > initial {
            wanted = quantile + DelayHistogram.bucketWidth
        }
        current = min(max(wanted, max(minimum, roundTripFloor)), maximum)
    }
}
