import SansIO

/// What a receiver counts of one source, and the report block it makes of it (RFC 3550 §6.4.1, appendices A.1, A.3, A.8).
///
/// A source is valid from its first packet on: SRTP has authenticated it, so there is no probation.
public struct ReceiveStatistics: Sendable {
    public let ssrc: UInt32
    /// In timestamp units a second.
    public let clockRate: UInt32
    /// Packets since the start, late ones and duplicates included.
    public private(set) var packetsReceived: UInt32 = 0
    /// The index that the source began with; `nil` before its first packet.
    private var base: Int64?
    private var highest: Int64 = 0
    private var expectedAtReport: UInt32 = 0
    private var receivedAtReport: UInt32 = 0
    private var transit: UInt32?
    /// Sixteen times the jitter, as A.8 keeps it.
    private var scaledJitter: UInt64 = 0
    private var lastSenderReport: (compactNTP: UInt32, arrival: Instant)?

    public init(ssrc: UInt32, clockRate: UInt32) {
        self.ssrc = ssrc
        self.clockRate = clockRate
    }

    /// Counts a packet of the source. A suspected one counts once the next confirms it. Jitter is measured over packets
    /// in order only, so that retransmissions under the same SSRC do not count as jitter.
    public mutating func receive(_ place: SequenceIndexer.Place, timestamp: UInt32, at arrival: Instant) {
        switch place {
        case .newest(let index, _):
            if base == nil { base = index }
            highest = index
            packetsReceived &+= 1
            updateJitter(timestamp, arrival)
        case .older: packetsReceived &+= 1
        case .suspected: break
        case .restarted(let index):
            base = index &- 1
            highest = index
            packetsReceived = 2
            expectedAtReport = 0
            receivedAtReport = 0
            transit = nil
            updateJitter(timestamp, arrival)
        }
    }

    @inline(__always)
    private mutating func updateJitter(_ timestamp: UInt32, _ arrival: Instant) {
        let now = MediaTicks.at(arrival, clockRate: clockRate) &- timestamp
        defer { transit = now }
        guard let transit else { return }
        let difference = Int32(bitPattern: now &- transit).magnitude
        // A step of more than 5 s is a new timestamp origin, not a late packet.
        guard UInt64(difference) <= 5 * UInt64(clockRate) else { return }
        scaledJitter = scaledJitter + UInt64(difference) - (scaledJitter + 8) >> 4
    }

    /// Takes the clocks of the source, which the report block echoes.
    public mutating func receive(_ report: SenderReport, at arrival: Instant) {
        lastSenderReport = (report.compactNTPTime, arrival)
    }

    /// Cycles in the upper 16 bits, the highest sequence number in the lower.
    public var extendedHighestSequence: UInt32 {
        UInt32(truncatingIfNeeded: highest &- (base ?? highest) & ~0xFFFF)
    }

    /// Packets that should have come since the start.
    public var packetsExpected: UInt32 { base.map { UInt32(truncatingIfNeeded: highest &- $0 &+ 1) } ?? 0 }

    /// Negative where duplicates outnumber losses.
    public var packetsLost: Int32 { Int32(bitPattern: packetsExpected &- packetsReceived) }

    /// In timestamp units.
    public var jitter: UInt32 { UInt32(clamping: scaledJitter >> 4) }

    /// The block for the next report; starts a new interval for the fraction lost. `nil` before the first packet.
    public mutating func makeReport(at now: Instant) -> ReportBlock? {
        guard base != nil else { return nil }
        let expected = packetsExpected &- expectedAtReport
        let lost = Int64(Int32(bitPattern: expected)) - Int64(Int32(bitPattern: packetsReceived &- receivedAtReport))
        expectedAtReport = packetsExpected
        receivedAtReport = packetsReceived
        let fraction = lost > 0 && expected > 0 ? UInt8(clamping: lost << 8 / Int64(expected)) : 0
        return ReportBlock(
            ssrc: ssrc, fractionLost: fraction, cumulativeLost: packetsLost,
            extendedHighestSequence: extendedHighestSequence, jitter: jitter,
            lastSenderReport: lastSenderReport?.compactNTP ?? 0,
            delaySinceLastSenderReport: lastSenderReport.map { MediaTicks.compactNTP(now - $0.arrival) } ?? 0)
    }
}
