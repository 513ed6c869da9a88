import SansIO

/// What a receiver counts of one source, and the report block it makes of it (RFC 3550 §6.4.1, appendices A.1, A.3, A.8).
///
/// A source is valid from its first packet on: SRTP has authenticated it, so there is no probation.
public struct ReceiveStatistics: Sendable {
    /// A forward step of this size or more is not loss but a jump.
    public static let maximumDropout: UInt16 = 3000
    /// A packet at most this far behind is reordered, not a jump back.
    public static let maximumMisorder: UInt16 = 100

    /// Where a packet stands among those before it.
    public enum Arrival: Hashable, Sendable {
        /// The next one, or one after a gap of `missing` packets.
        case inOrder(missing: Int)
        /// Reordered, sent again or a duplicate.
        case late
        /// The first after a jump that no loss explains; not counted until the packet after it follows.
        case suspectedJump
        /// The second after a jump: the source has started anew and counts from here.
        case restarted
    }

    public let ssrc: UInt32
    /// In timestamp units a second.
    public let clockRate: UInt32
    /// Packets since the start, late ones and duplicates included.
    public private(set) var packetsReceived: UInt32 = 0
    private var baseSequence: UInt32 = 0
    private var maximumSequence: UInt16 = 0
    private var cycles: UInt32 = 0
    /// The number that would confirm a jump.
    private var expectedAfterJump: UInt16?
    private var hasStarted = false
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

    /// Counts a packet of the source. Jitter is measured over packets in order only, so that retransmissions under the
    /// same SSRC do not count as jitter.
    @discardableResult
    public mutating func receive(sequenceNumber: UInt16, timestamp: UInt32, at arrival: Instant) -> Arrival {
        guard hasStarted else {
            hasStarted = true
            start(at: sequenceNumber)
            updateJitter(timestamp, arrival)
            return .inOrder(missing: 0)
        }
        let ahead = sequenceNumber &- maximumSequence
        if ahead == 0 || ahead > 0 &- Self.maximumMisorder {
            packetsReceived &+= 1
            return .late
        }
        if ahead < Self.maximumDropout {
            if sequenceNumber < maximumSequence { cycles &+= 0x1_0000 }
            maximumSequence = sequenceNumber
            packetsReceived &+= 1
            expectedAfterJump = nil
            updateJitter(timestamp, arrival)
            return .inOrder(missing: Int(ahead) - 1)
        }
        guard sequenceNumber == expectedAfterJump else {
            expectedAfterJump = sequenceNumber &+ 1
            return .suspectedJump
        }
        start(at: sequenceNumber)
        transit = nil
        updateJitter(timestamp, arrival)
        return .restarted
    }

    private mutating func start(at number: UInt16) {
        baseSequence = UInt32(number)
        maximumSequence = number
        cycles = 0
        expectedAfterJump = nil
        packetsReceived = 1
        expectedAtReport = 0
        receivedAtReport = 0
    }

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
    public var extendedHighestSequence: UInt32 { cycles &+ UInt32(maximumSequence) }

    /// Packets that should have come since the start.
    public var packetsExpected: UInt32 { hasStarted ? extendedHighestSequence &- baseSequence &+ 1 : 0 }

    /// Negative where duplicates outnumber losses.
    public var packetsLost: Int32 { Int32(bitPattern: packetsExpected &- packetsReceived) }

    /// In timestamp units.
    public var jitter: UInt32 { UInt32(clamping: scaledJitter >> 4) }

    /// The block for the next report; starts a new interval for the fraction lost. `nil` before the first packet.
    public mutating func makeReport(at now: Instant) -> ReportBlock? {
        guard hasStarted else { return nil }
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
