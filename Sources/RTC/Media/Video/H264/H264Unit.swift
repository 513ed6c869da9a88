import NIOCore

/// The kinds of NAL units that matter here (H.264 table 7-1, RFC 6184 table 1).
enum H264UnitType {
    static let slice: UInt8 = 1
    static let keySlice: UInt8 = 5
    static let sequenceParameters: UInt8 = 7
    static let pictureParameters: UInt8 = 8
    static let delimiter: UInt8 = 9
    static let endOfSequence: UInt8 = 10
    static let endOfStream: UInt8 = 11
    static let filler: UInt8 = 12
    static let aggregation: UInt8 = 24
    static let fragment: UInt8 = 28

    /// Units that exist only to carry others.
    static func isContainer(_ type: UInt8) -> Bool { type == 0 || type >= 24 }

    /// Units that a decoder does without.
    static func isNeedless(_ type: UInt8) -> Bool { (delimiter...filler).contains(type) }

    static func isSlice(_ type: UInt8) -> Bool { (slice...keySlice).contains(type) }
}

/// The NAL units in one payload, or the part of one (RFC 6184 §5.6–5.8).
enum H264Payload {
    /// One unit with its header.
    case single
    /// Whole units, each after its length (STAP-A).
    case aggregated
    /// A part of a unit (FU-A).
    case fragment(header: UInt8, isFirst: Bool, isLast: Bool)

    /// - Parameter payload: all readable bytes.
    init(parsing payload: ByteBuffer) throws(VideoPayloadError) {
        guard let header = payload.getInteger(at: payload.readerIndex, as: UInt8.self) else {
            throw .truncated(.unitHeader)
        }
        guard header & 0x80 == 0 else { throw .malformed(.unitHeader) }
        switch header & 0x1F {
        case 1...23: self = .single
        case H264UnitType.aggregation: self = .aggregated
        case H264UnitType.fragment:
            guard payload.readableBytes > 2,
                let flags = payload.getInteger(at: payload.readerIndex + 1, as: UInt8.self)
            else { throw .truncated(.fragment) }
            guard !H264UnitType.isContainer(flags & 0x1F) else { throw .malformed(.fragment) }
            self = .fragment(
                header: header & 0xE0 | flags & 0x1F, isFirst: flags & 0x80 != 0, isLast: flags & 0x40 != 0)
        case 0, 30, 31: throw .malformed(.unitHeader)
        // STAP-B, MTAP and FU-B belong to the interleaved mode.
        default: throw .unsupported(.unitHeader)
        }
    }
}

/// The units of an aggregation packet, one after the other (RFC 6184 §5.7.1).
struct H264Aggregation {
    private var rest: ByteBuffer

    /// - Parameter payload: the whole payload, of which the header is passed over.
    init(_ payload: ByteBuffer) {
        rest = payload
        rest.moveReaderIndex(forwardBy: min(1, rest.readableBytes))
    }

    /// The next unit, its header included; `nil` at the end.
    mutating func next() throws(VideoPayloadError) -> ByteBuffer? {
        guard rest.readableBytes > 0 else { return nil }
        guard let length = rest.readInteger(as: UInt16.self), length > 0,
            let unit = rest.readSlice(length: Int(length)),
            let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self)
        else { throw .truncated(.aggregation) }
        guard header & 0x80 == 0, !H264UnitType.isContainer(header & 0x1F) else { throw .malformed(.aggregation) }
        return unit
    }
}
