import SansIO

/// What a sender counts of one of its own sources, and the sender report it makes of it (RFC 3550 §6.4.1).
public struct SendStatistics: Sendable {
    public let ssrc: UInt32
    /// In timestamp units a second.
    public let clockRate: UInt32
    public private(set) var packetCount: UInt32 = 0
    /// Payload bytes.
    public private(set) var octetCount: UInt32 = 0
    private var last: (timestamp: UInt32, sentAt: Instant)?

    /// What the other side last reported of the source.
    public private(set) var remoteReport: ReportBlock?
    /// From the last report that echoed one of our sender reports.
    public private(set) var roundTrip: Duration?

    public init(ssrc: UInt32, clockRate: UInt32) {
        self.ssrc = ssrc
        self.clockRate = clockRate
    }

    /// Counts a packet.
    public mutating func sent(payloadLength: Int, timestamp: UInt32, at now: Instant) {
        packetCount &+= 1
        octetCount &+= UInt32(truncatingIfNeeded: payloadLength)
        last = (timestamp, now)
    }

    /// The report for now; its RTP timestamp is the last packet's, moved on by the time since. `nil` before the first
    /// packet.
    public func makeReport(clock: NTPClock, at now: Instant, reports: [ReportBlock] = []) -> SenderReport? {
        guard let last else { return nil }
        let elapsed =
            MediaTicks.at(now, clockRate: clockRate) &- MediaTicks.at(last.sentAt, clockRate: clockRate)
        return SenderReport(
            ssrc: ssrc, ntpTime: clock.time(at: now), rtpTimestamp: last.timestamp &+ elapsed,
            packetCount: packetCount, octetCount: octetCount, reports: reports)
    }

    /// Takes a report block about the source and measures the round trip with it: arrival minus last report minus
    /// delay.
    public mutating func receive(_ block: ReportBlock, clock: NTPClock, at now: Instant) {
        guard block.ssrc == ssrc else { return }
        remoteReport = block
        guard block.lastSenderReport != 0 else { return }
        let arrival = UInt32(truncatingIfNeeded: clock.time(at: now) >> 16)
        let units = arrival &- block.lastSenderReport &- block.delaySinceLastSenderReport
        // A negative or absurd result means that the peer's delay is wrong: clocks differ a little in speed.
        guard units < 60 << 16 else { return }
        roundTrip = MediaTicks.duration(compactNTP: units)
    }
}
