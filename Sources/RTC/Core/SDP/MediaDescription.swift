/// One `m=` section (RFC 8866 §5.14) with its lines and attributes in order.
public struct MediaDescription: Hashable, Sendable {
    public enum Kind: Hashable, Sendable, CustomStringConvertible {
        case audio
        case video
        /// Data channels, where `proto` is `UDP/DTLS/SCTP`.
        case application
        case other(String)

        public init(_ text: some StringProtocol) {
            self =
                switch text {
                case "audio": .audio
                case "video": .video
                case "application": .application
                default: .other(String(text))
                }
        }

        public init(_ kind: MediaKind) { self = kind == .audio ? .audio : .video }

        public var description: String {
            switch self {
            case .audio: "audio"
            case .video: "video"
            case .application: "application"
            case .other(let text): text
            }
        }
    }

    public var kind: Kind
    /// 9 where candidates say the real one; 0 where the section is rejected (RFC 8829 §5.3.1).
    public var port: UInt16
    /// The number of ports of `<port>/<n>`; unused in WebRTC, kept.
    public var portCount: UInt16?
    /// Such as `UDP/TLS/RTP/SAVPF`.
    public var transportProtocol: String
    /// Payload types in order of preference, or `webrtc-datachannel`.
    public var formats: [String]
    /// Lines other than attributes, such as `c=`, in order.
    public var lines: [SDPLine]
    public var attributes: [SDPAttribute]

    public init(
        kind: Kind, port: UInt16 = 9, transportProtocol: String, formats: [String],
        lines: [SDPLine] = [SDPLine("c", "IN IP4 0.0.0.0")], attributes: [SDPAttribute] = []
    ) {
        self.kind = kind
        self.port = port
        self.transportProtocol = transportProtocol
        self.formats = formats
        self.lines = lines
        self.attributes = attributes
    }

    /// Parses the value of an `m=` line; `nil` where it lacks a part.
    init?(parsingLine value: String) {
        let fields = SDPFields.split(value)
        guard fields.count >= 4 else { return nil }
        let (portText, countText) = SDPFields.cut(fields[1], at: "/")
        guard let port: UInt16 = SDPFields.number(portText) else { return nil }
        if let countText {
            guard let count: UInt16 = SDPFields.number(countText) else { return nil }
            portCount = count
        }
        kind = Kind(fields[0])
        self.port = port
        transportProtocol = String(fields[2])
        formats = fields[3...].map(String.init)
        lines = []
        attributes = []
    }

    func write(to writer: inout SDPWriter) {
        let ports = portCount.map { "\(port)/\($0)" } ?? "\(port)"
        writer.line("m", "\(kind) \(ports) \(transportProtocol) \(formats.joined(separator: " "))")
        for line in lines { writer.line(line.type, line.value) }
        for attribute in attributes { writer.line("a", attribute.description) }
    }
}
