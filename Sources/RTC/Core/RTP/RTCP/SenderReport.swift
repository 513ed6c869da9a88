import NIOCore

/// A sender report (RFC 3550 §6.4.1): the clocks and counts of a source, with reports on others.
public struct SenderReport: Hashable, Sendable {
    static let packetType: UInt8 = 200
    /// Bytes without blocks.
    static let length = 28

    /// The sender.
    public var ssrc: UInt32
    /// Wall-clock time of the report in NTP format: seconds since 1900 in units of 2^-32 s.
    public var ntpTime: UInt64
    /// The same instant in the source's RTP timestamp units.
    public var rtpTimestamp: UInt32
    public var packetCount: UInt32
    /// Payload bytes, without headers and padding.
    public var octetCount: UInt32
    /// At most 31.
    public var reports: [ReportBlock]
    /// Profile-specific bytes behind the blocks, kept as they are.
    public var profileExtension: ByteBuffer

    public init(
        ssrc: UInt32, ntpTime: UInt64, rtpTimestamp: UInt32, packetCount: UInt32, octetCount: UInt32,
        reports: [ReportBlock] = [], profileExtension: ByteBuffer = ByteBuffer()
    ) {
        self.ssrc = ssrc
        self.ntpTime = ntpTime
        self.rtpTimestamp = rtpTimestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
        self.reports = reports
        self.profileExtension = profileExtension
    }

    /// The middle 32 bits of the NTP time, as receivers echo it.
    public var compactNTPTime: UInt32 { UInt32(truncatingIfNeeded: ntpTime >> 16) }

    init?(count: UInt8, body: ByteBuffer) {
        var body = body
        guard
            let (ssrc, ntp, rtp, packets, octets) = body.readMultipleIntegers(
                as: (UInt32, UInt64, UInt32, UInt32, UInt32).self),
            let reports = [ReportBlock](count: count, reading: &body)
        else { return nil }
        self.init(
            ssrc: ssrc, ntpTime: ntp, rtpTimestamp: rtp, packetCount: packets, octetCount: octets, reports: reports,
            profileExtension: body.slice())
    }

    func write(to writer: inout RTCPWriter) {
        writer.packet(type: Self.packetType, count: UInt8(truncatingIfNeeded: min(reports.count, 31))) { buffer in
            buffer.writeMultipleIntegers(ssrc, ntpTime, rtpTimestamp, packetCount, octetCount)
            for report in reports.prefix(31) { report.write(to: &buffer) }
            buffer.writeImmutableBuffer(profileExtension)
        }
    }
}

/// A receiver report (RFC 3550 §6.4.2).
public struct ReceiverReport: Hashable, Sendable {
    static let packetType: UInt8 = 201
    /// Bytes without blocks.
    static let length = 8

    /// The reporter.
    public var ssrc: UInt32
    /// At most 31; may be empty.
    public var reports: [ReportBlock]
    /// Profile-specific bytes behind the blocks, kept as they are.
    public var profileExtension: ByteBuffer

    public init(ssrc: UInt32, reports: [ReportBlock] = [], profileExtension: ByteBuffer = ByteBuffer()) {
        self.ssrc = ssrc
        self.reports = reports
        self.profileExtension = profileExtension
    }

    init?(count: UInt8, body: ByteBuffer) {
        var body = body
        guard let ssrc: UInt32 = body.readInteger(), let reports = [ReportBlock](count: count, reading: &body) else {
            return nil
        }
        self.init(ssrc: ssrc, reports: reports, profileExtension: body.slice())
    }

    func write(to writer: inout RTCPWriter) {
        writer.packet(type: Self.packetType, count: UInt8(truncatingIfNeeded: min(reports.count, 31))) { buffer in
            buffer.writeInteger(ssrc)
            for report in reports.prefix(31) { report.write(to: &buffer) }
            buffer.writeImmutableBuffer(profileExtension)
        }
    }
}

extension [ReportBlock] {
    fileprivate init?(count: UInt8, reading body: inout ByteBuffer) {
        self = []
        for _ in 0..<count {
            guard let block = ReportBlock(reading: &body) else { return nil }
            append(block)
        }
    }
}
