/// One codec of a media section under its payload type.
public struct Codec: Hashable, Sendable {
    /// 0–127.
    public var payloadType: UInt8
    /// The encoding name as written, such as `opus` or `VP8`. Compare with `isNamed`, for case does not matter.
    public var name: String
    /// RTP timestamp units a second.
    public var clockRate: UInt32
    /// 1 where the `rtpmap` does not say; 2 for Opus, whatever is sent.
    public var channels: UInt8
    /// The `fmtp` line.
    public var parameters: FormatParameters
    /// RTCP feedback messages, such as `nack`, `nack pli`, `goog-remb` (RFC 4585 §4.2).
    public var feedback: [String]

    public init(
        payloadType: UInt8, name: String, clockRate: UInt32, channels: UInt8 = 1,
        parameters: FormatParameters = FormatParameters(""), feedback: [String] = []
    ) {
        self.payloadType = payloadType & 0x7F
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.feedback = feedback
    }

    /// Whether the encoding name is this one, in any case.
    public func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }

    /// Whether it is RTP retransmission (RFC 4588).
    public var isRetransmission: Bool { isNamed("rtx") }

    /// Whether it is redundant audio (RFC 2198).
    public var isRedundancy: Bool { isNamed("red") }

    /// The payload type that a retransmission codec repairs (`apt`).
    public var associatedPayloadType: UInt8? { parameters["apt"].flatMap { SDPFields.number($0) } }

    /// The payload types of the blocks of redundant audio, from `fmtp` of the form `111/111`; empty where absent or
    /// malformed.
    public var redundantPayloadTypes: [UInt8] {
        guard isRedundancy, !parameters.text.isEmpty else { return [] }
        let parts = SDPFields.parts(parameters.text, separator: "/").map { SDPFields.number($0) as UInt8? }
        let types = parts.compactMap { $0 }
        return types.count == parts.count ? types : []
    }

    /// The value of the `rtpmap` attribute.
    var mapping: String {
        "\(payloadType) \(name)/\(clockRate)" + (channels > 1 ? "/\(channels)" : "")
    }
}

/// The part of an `fmtp` line after the payload type, kept as written.
public struct FormatParameters: Hashable, Sendable, ExpressibleByStringLiteral {
    public var text: String

    public init(_ text: String) { self.text = text }

    public init(stringLiteral text: String) { self.text = text }

    public var isEmpty: Bool { text.isEmpty }

    /// The value of `key=value` among parameters divided by semicolons. Keys match in any case.
    public subscript(key: String) -> String? {
        for part in SDPFields.parts(text, separator: ";") {
            let (name, value) = SDPFields.cut(SDPFields.trimmed(part), at: "=")
            if let value, SDPFields.trimmed(name).lowercased() == key.lowercased() {
                return String(SDPFields.trimmed(value))
            }
        }
        return nil
    }
}

/// An `rtpmap` line (RFC 8866 §6.6).
struct RTPMap {
    var payloadType: UInt8
    var name: String
    var clockRate: UInt32
    var channels: UInt8

    init?(parsing value: String) {
        let fields = SDPFields.split(value)
        guard fields.count == 2, let type: UInt8 = SDPFields.number(fields[0]), type < 128 else { return nil }
        let parts = SDPFields.parts(fields[1], separator: "/")
        guard (2...3).contains(parts.count), !parts[0].isEmpty, let rate: UInt32 = SDPFields.number(parts[1]), rate > 0
        else { return nil }
        payloadType = type
        name = String(parts[0])
        clockRate = rate
        channels = 1
        if parts.count == 3 {
            guard let count: UInt8 = SDPFields.number(parts[2]), count > 0 else { return nil }
            channels = count
        }
    }

    /// Payload types with a fixed meaning that WebRTC still uses (RFC 3551 §6).
    static func assigned(_ type: UInt8) -> RTPMap? {
        switch type {
        case 0: RTPMap(parsing: "0 PCMU/8000")
        case 8: RTPMap(parsing: "8 PCMA/8000")
        case 9: RTPMap(parsing: "9 G722/8000")
        case 13: RTPMap(parsing: "13 CN/8000")
        case 26: RTPMap(parsing: "26 JPEG/90000")
        default: nil
        }
    }
}

/// An `fmtp` line.
struct FormatLine {
    var payloadType: UInt8
    var parameters: FormatParameters

    init?(parsing value: String) {
        let (head, tail) = SDPFields.cut(value, at: " ")
        guard let type: UInt8 = SDPFields.number(head), type < 128, let tail, !tail.isEmpty else { return nil }
        payloadType = type
        parameters = FormatParameters(String(SDPFields.trimmed(tail)))
    }
}

/// An `rtcp-fb` line.
struct FeedbackLine {
    /// `nil` stands for all payload types (`*`).
    var payloadType: UInt8?
    var message: String

    init?(parsing value: String) {
        let (head, tail) = SDPFields.cut(value, at: " ")
        guard let tail, !SDPFields.trimmed(tail).isEmpty else { return nil }
        if head != "*" {
            guard let type: UInt8 = SDPFields.number(head), type < 128 else { return nil }
            payloadType = type
        }
        message = String(SDPFields.trimmed(tail))
    }
}
