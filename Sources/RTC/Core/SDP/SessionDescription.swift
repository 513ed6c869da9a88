/// A session description (RFC 8866) as WebRTC uses it (RFC 8829): session lines and media sections.
///
/// Every attribute is kept in its place, known or not, so that a parsed description is written again as it was. Typed
/// values are read from the attributes on demand; the parser has checked the known ones.
public struct SessionDescription: Hashable, Sendable {
    /// The longest text that is parsed, in bytes.
    public static let maximumLength = 1 << 20
    /// The most media sections that are parsed.
    public static let maximumSections = 512

    /// The `o=` line (RFC 8866 §5.2).
    public struct Origin: Hashable, Sendable {
        public var username: String
        /// Numeric; fits 63 bits in WebRTC, kept as 64.
        public var sessionID: UInt64
        /// Grows by one with each description of the session.
        public var version: UInt64
        /// Network type, address type and address, such as `IN IP4 127.0.0.1`.
        public var address: String

        public init(username: String = "-", sessionID: UInt64, version: UInt64, address: String = "IN IP4 127.0.0.1") {
            self.username = username
            self.sessionID = sessionID
            self.version = version
            self.address = address
        }
    }

    public var origin: Origin
    /// The `s=` line.
    public var name: String
    /// Session lines other than `v=`, `o=`, `s=`, `a=`, in order; usually `t=0 0` alone.
    public var lines: [SDPLine]
    /// Session attributes, in order.
    public var attributes: [SDPAttribute]
    public var media: [MediaDescription]

    public init(
        origin: Origin, name: String = "-", lines: [SDPLine] = [SDPLine("t", "0 0")], attributes: [SDPAttribute] = [],
        media: [MediaDescription] = []
    ) {
        self.origin = origin
        self.name = name
        self.lines = lines
        self.attributes = attributes
        self.media = media
    }

    /// A local offer or answer: BUNDLE over all sections that are not rejected, mixed header extensions allowed
    /// (RFC 8285 §6), and the sections.
    public init(sessionID: UInt64, version: UInt64, media: [MediaDescription]) {
        self.init(origin: Origin(sessionID: sessionID, version: version), media: media)
        let bundled = media.filter { !$0.isRejected }.compactMap(\.mid)
        if !bundled.isEmpty {
            attributes.append(SDPAttribute("group", (["BUNDLE"] + bundled).joined(separator: " ")))
        }
        attributes.append(SDPAttribute("extmap-allow-mixed"))
        attributes.append(SDPAttribute("msid-semantic", "WMS *"))
    }
}
