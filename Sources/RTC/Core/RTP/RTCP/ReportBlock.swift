import NIOCore

/// What a receiver says of one source (RFC 3550 §6.4.1).
public struct ReportBlock: Hashable, Sendable {
    static let length = 24

    /// The source it is about.
    public var ssrc: UInt32
    /// The part lost since the report before, in 1/256.
    public var fractionLost: UInt8
    /// Packets lost in all; negative where duplicates outnumber losses. 24 bits.
    public var cumulativeLost: Int32
    /// Cycles of the sequence number in the upper 16 bits, the highest one received in the lower.
    public var extendedHighestSequence: UInt32
    /// Interarrival jitter in timestamp units.
    public var jitter: UInt32
    /// The middle 32 bits of the NTP time of the last sender report; 0 for none.
    public var lastSenderReport: UInt32
    /// Time since that report arrived, in units of 1/65536 s.
    public var delaySinceLastSenderReport: UInt32

    public init(
        ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, extendedHighestSequence: UInt32, jitter: UInt32,
        lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = max(-0x80_0000, min(cumulativeLost, 0x7F_FFFF))
        self.extendedHighestSequence = extendedHighestSequence
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }

    init?(reading body: inout ByteBuffer) {
        guard
            let (ssrc, loss, highest, jitter, last, delay) = body.readMultipleIntegers(
                as: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32).self)
        else { return nil }
        self.init(
            ssrc: ssrc, fractionLost: UInt8(truncatingIfNeeded: loss >> 24),
            cumulativeLost: Int32(truncatingIfNeeded: loss << 8) >> 8, extendedHighestSequence: highest, jitter: jitter,
            lastSenderReport: last, delaySinceLastSenderReport: delay)
    }

    func write(to buffer: inout ByteBuffer) {
        let loss = UInt32(fractionLost) << 24 | UInt32(truncatingIfNeeded: cumulativeLost) & 0xFF_FFFF
        buffer.writeMultipleIntegers(
            ssrc, loss, extendedHighestSequence, jitter, lastSenderReport, delaySinceLastSenderReport)
    }
}
