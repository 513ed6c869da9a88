import SansIO

/// When to send the next regular report (RFC 3550 §6.2, with the fixed interval that RFC 4585 §3.4 allows).
public struct RTCPScheduler: Sendable {
    /// The mean time between reports.
    public let interval: Duration
    /// When the next report is due; `nil` until started.
    public private(set) var deadline: Instant?
    private var random: RandomSource

    /// - Parameter interval: for audio 1 s to 5 s is usual.
    public init(interval: Duration = .seconds(1), random: RandomSource) {
        self.interval = interval
        self.random = random
    }

    /// Arms the first report, after half an interval as RFC 3550 §6.2 has it. Does nothing while armed.
    public mutating func start(at now: Instant) {
        if deadline == nil { deadline = now + spread(interval / 2) }
    }

    /// Whether a report is due now; if so, the next one is armed.
    public mutating func takeDue(at now: Instant) -> Bool {
        guard let deadline, deadline <= now else { return false }
        self.deadline = now + spread(interval)
        return true
    }

    public mutating func stop() { deadline = nil }

    /// Between a half and one and a half of the duration, so that reports of many participants do not fall together.
    private mutating func spread(_ duration: Duration) -> Duration {
        let nanoseconds = max(duration.wholeNanoseconds, 2)
        return .nanoseconds(nanoseconds / 2 + Int64.random(in: 0...nanoseconds, using: &random))
    }
}
