import NIOCore

/// One packet of an RTCP compound.
public enum RTCPPacket: Hashable, Sendable {
    case senderReport(SenderReport)
    case receiverReport(ReceiverReport)
    case sourceDescription(SourceDescription)
    case goodbye(Goodbye)
    case nack(GenericNACK)
    case pli(PictureLossIndication)
    case fir(FullIntraRequest)
    case remb(BandwidthEstimate)
    /// Well delimited, but of a type or format that is not interpreted: APP, XR, transport-wide feedback and others.
    case unknown(UnknownRTCPPacket)

    /// The most bytes of a datagram of RTCP, protection included: every path takes it whole.
    static let maximumDatagramLength = 1200
    /// The most bytes of a compound packet before it is protected.
    static let maximumPlainLength = maximumDatagramLength - SRTPOptions.trailerCapacity
    static let transportFeedbackType: UInt8 = 205
    static let payloadFeedbackType: UInt8 = 206

    /// Parses a compound (RFC 3550 §6.1) or reduced-size (RFC 5506) packet; all or nothing. To keep the good parts of a
    /// partly malformed one, use `RTCPReader`.
    public static func parse(_ buffer: ByteBuffer) throws(RTCPParseError) -> [RTCPPacket] {
        var reader = RTCPReader(buffer)
        guard buffer.readableBytes > 0 else { throw .tooShort }
        var packets: [RTCPPacket] = []
        while let next = reader.next() { packets.append(try next.get()) }
        return packets
    }

    /// Appends packets as one compound.
    ///
    /// - Parameter reserving: bytes of room to keep behind it for what SRTCP adds: tag and index.
    public static func serialize(_ packets: [RTCPPacket], into buffer: inout ByteBuffer, reserving: Int = 20) {
        var writer = RTCPWriter(buffer: buffer)
        for packet in packets { packet.write(to: &writer) }
        buffer = writer.buffer
        buffer.reserveCapacity(minimumWritableBytes: reserving)
    }

    private func write(to writer: inout RTCPWriter) {
        switch self {
        case .senderReport(let packet): packet.write(to: &writer)
        case .receiverReport(let packet): packet.write(to: &writer)
        case .sourceDescription(let packet): packet.write(to: &writer)
        case .goodbye(let packet): packet.write(to: &writer)
        case .nack(let packet): packet.write(to: &writer)
        case .pli(let packet): packet.write(to: &writer)
        case .fir(let packet): packet.write(to: &writer)
        case .remb(let packet): packet.write(to: &writer)
        case .unknown(let packet): packet.write(to: &writer)
        }
    }

    /// - Parameter body: what follows the 4-byte header, without padding.
    init(type: UInt8, count: UInt8, body: ByteBuffer) throws(RTCPParseError) {
        let parsed: RTCPPacket? =
            switch type {
            case SenderReport.packetType: SenderReport(count: count, body: body).map { .senderReport($0) }
            case ReceiverReport.packetType: ReceiverReport(count: count, body: body).map { .receiverReport($0) }
            case SourceDescription.packetType:
                SourceDescription(count: count, body: body).map { .sourceDescription($0) }
            case Goodbye.packetType: Goodbye(count: count, body: body).map { .goodbye($0) }
            case Self.transportFeedbackType, Self.payloadFeedbackType:
                Self.feedback(type: type, format: count, body: body)
            default: .unknown(UnknownRTCPPacket(type: type, count: count, body: body))
            }
        guard let parsed else { throw .malformed(packetType: type) }
        self = parsed
    }

    private static func feedback(type: UInt8, format: UInt8, body: ByteBuffer) -> RTCPPacket? {
        var control = body
        guard let (sender, media) = control.readMultipleIntegers(as: (UInt32, UInt32).self) else { return nil }
        control = control.slice()
        switch (type, format) {
        case (transportFeedbackType, GenericNACK.format):
            return GenericNACK(sender: sender, media: media, control: control).map { .nack($0) }
        case (payloadFeedbackType, PictureLossIndication.format):
            return .pli(PictureLossIndication(senderSSRC: sender, mediaSSRC: media))
        case (payloadFeedbackType, FullIntraRequest.format):
            return FullIntraRequest(sender: sender, media: media, control: control).map { .fir($0) }
        case (payloadFeedbackType, BandwidthEstimate.format)
        where control.getInteger(at: control.readerIndex) == BandwidthEstimate.identifier:
            return BandwidthEstimate(sender: sender, media: media, control: control).map { .remb($0) }
        default: return .unknown(UnknownRTCPPacket(type: type, count: format, body: body))
        }
    }
}

/// A packet whose meaning is not known here; kept, so that it can be logged or passed on.
public struct UnknownRTCPPacket: Hashable, Sendable {
    /// 204 APP, 205 and 206 feedback, 207 XR.
    public var type: UInt8
    /// The five bits behind the padding bit: a count, subtype or feedback format.
    public var count: UInt8
    /// What follows the 4-byte header; a multiple of four bytes.
    public var body: ByteBuffer

    public init(type: UInt8, count: UInt8, body: ByteBuffer) {
        self.type = type
        self.count = count
        self.body = body
    }

    func write(to writer: inout RTCPWriter) {
        writer.packet(type: type, count: count) { buffer in
            buffer.writeImmutableBuffer(body)
            buffer.writeRepeatingByte(0, count: (4 - body.readableBytes % 4) % 4)
        }
    }
}
