/// Why a line is not an ICE candidate.
public enum ICECandidateParseError: Error, Hashable, Sendable {
    /// Nothing between prefix and end: what some stacks send for "no more candidates".
    case empty
    /// Fewer than the eight fields that every candidate has.
    case tooFewFields(Int)
    case badFoundation(String)
    case badComponent(String)
    case unknownTransport(String)
    case badPriority(String)
    case badAddress(String)
    case badPort(String)
    /// The seventh field is not `typ`.
    case missingType
    case unknownType(String)
    case unknownTCPType(String)
}

extension ICECandidate {
    /// Reads a candidate attribute (RFC 8839 §5.1), with or without `a=` and `candidate:` before it.
    ///
    /// Extensions that are not known are passed over. A host name in place of the address is kept in ``hostName``.
    public init(parsing line: some StringProtocol) throws(ICECandidateParseError) {
        var text = Substring(line)
        for prefix in ["a=", "candidate:"] where text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
        let fields = text.split(whereSeparator: { $0 == " " || $0 == "\r" || $0 == "\n" })
        guard !fields.isEmpty else { throw .empty }
        guard fields.count >= 8 else { throw .tooFewFields(fields.count) }
        try self.init(fields: fields)
        try takeExtensions(fields.dropFirst(8))
    }

    private init(fields: [Substring]) throws(ICECandidateParseError) {
        let foundation = fields[0]
        guard foundation.utf8.count <= 32, foundation.utf8.allSatisfy(Self.isICEChar) else {
            throw .badFoundation(String(foundation))
        }
        guard let component = Int(fields[1]), (1...256).contains(component) else {
            throw .badComponent(String(fields[1]))
        }
        guard let transport = Transport(rawValue: fields[2].lowercased()) else {
            throw .unknownTransport(String(fields[2]))
        }
        guard let priority = UInt32(fields[3]) else { throw .badPriority(String(fields[3])) }
        guard let port = UInt16(fields[5]) else { throw .badPort(String(fields[5])) }
        guard fields[6] == "typ" else { throw .missingType }
        guard let kind = Kind(rawValue: fields[7].lowercased()) else { throw .unknownType(String(fields[7])) }
        let ip = IPAddress(fields[4])
        guard ip != nil || Self.isHostName(fields[4]) else { throw .badAddress(String(fields[4])) }
        self.init(
            foundation: String(foundation), component: component, transport: transport, priority: priority,
            address: TransportAddress(ip: ip ?? IPAddress(v4: 0), port: port), kind: kind)
        hostName = ip == nil ? String(fields[4]) : nil
    }

    private mutating func takeExtensions(_ fields: ArraySlice<Substring>) throws(ICECandidateParseError) {
        var relatedIP: IPAddress?
        var rest = fields
        while let name = rest.popFirst(), let value = rest.popFirst() {
            switch name {
            case "raddr": relatedIP = IPAddress(value)
            case "rport":
                guard let port = UInt16(value) else { throw .badPort(String(value)) }
                relatedAddress = relatedIP.map { TransportAddress(ip: $0, port: port) }
            case "tcptype":
                guard let type = TCPType(rawValue: value.lowercased()) else { throw .unknownTCPType(String(value)) }
                tcpType = type
            case "ufrag": ufrag = String(value)
            default: break
            }
        }
    }

    /// The attribute without `a=`: `candidate:…`.
    public var attributeValue: String {
        let host = hostName ?? address.ip.description
        var text = "candidate:\(foundation) \(component) \(transport.rawValue) \(priority) \(host) \(address.port)"
        text += " typ \(kind.rawValue)"
        if let relatedAddress { text += " raddr \(relatedAddress.ip) rport \(relatedAddress.port)" }
        if let tcpType { text += " tcptype \(tcpType.rawValue)" }
        if let ufrag { text += " ufrag \(ufrag)" }
        return text
    }

    private static func isICEChar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        // Not in the grammar, but seen from stacks that print a hash or a UUID.
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="): true
        default: false
        }
    }

    /// A DNS name with at least one letter. Text with a colon or a zone (`fe80::1%eth0`) is none.
    private static func isHostName(_ text: Substring) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        var hasLetter = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): hasLetter = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): break
            default: return false
            }
        }
        return hasLetter
    }
}
