extension SessionDescription {
    /// Parses a session description. Lines end with LF or CRLF; empty lines are passed over.
    ///
    /// - Throws: `SDPParseError` with the line and what is wrong with it.
    public init(parsing text: String) throws(SDPParseError) {
        guard text.utf8.count <= Self.maximumLength else { throw SDPParseError(line: 1, reason: .tooLong) }
        var scanner = SDPScanner(text)
        guard let first = try scanner.next(), first.type == "v", first.value == "0" else {
            throw SDPParseError(line: max(scanner.line, 1), reason: .unsupportedVersion)
        }
        guard let second = try scanner.next(), second.type == "o", let origin = Origin(parsing: second.value) else {
            throw SDPParseError(line: scanner.line, reason: .malformedOrigin)
        }
        self.init(origin: origin, lines: [])
        var mids: Set<String> = []
        while let line = try scanner.next() {
            try add(line, at: scanner.line, &mids)
        }
    }

    private mutating func add(_ line: SDPLine, at number: Int, _ mids: inout Set<String>) throws(SDPParseError) {
        switch line.type {
        case "m":
            guard media.count < Self.maximumSections else {
                throw SDPParseError(line: number, reason: .tooManySections)
            }
            guard let section = MediaDescription(parsingLine: line.value) else {
                throw SDPParseError(line: number, reason: .malformedMedia)
            }
            media.append(section)
        case "a":
            let (name, value) = SDPFields.cut(line.value, at: ":")
            let attribute = SDPAttribute(String(name), value.map(String.init))
            guard attribute.isWellFormed else {
                throw SDPParseError(line: number, reason: .malformedAttribute(attribute.name))
            }
            if attribute.name == "mid", let mid = attribute.value, !mids.insert(mid).inserted {
                throw SDPParseError(line: number, reason: .duplicateMID(mid))
            }
            if media.isEmpty {
                attributes.append(attribute)
            } else {
                media[media.count - 1].attributes.append(attribute)
            }
        case "s" where media.isEmpty: name = line.value
        default:
            if media.isEmpty {
                lines.append(line)
            } else {
                media[media.count - 1].lines.append(line)
            }
        }
    }
}

/// Cuts a text into `x=value` lines and counts them.
private struct SDPScanner {
    private var rest: Substring.UTF8View
    /// The number of the line read last, from 1.
    private(set) var line = 0

    init(_ text: String) {
        rest = text[...].utf8
    }

    mutating func next() throws(SDPParseError) -> SDPLine? {
        while !rest.isEmpty {
            line += 1
            let end = rest.firstIndex(of: 10) ?? rest.endIndex
            var bytes = rest[..<end]
            rest = end == rest.endIndex ? rest[end...] : rest[rest.index(after: end)...]
            if bytes.last == 13 { bytes = bytes.dropLast() }
            if bytes.isEmpty { continue }
            guard bytes.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else {
                throw SDPParseError(line: line, reason: .controlCharacter)
            }
            guard let type = bytes.first, (97...122).contains(type), bytes.dropFirst().first == 61 else {
                throw SDPParseError(line: line, reason: .notALine)
            }
            return SDPLine(Character(UnicodeScalar(type)), String(Substring(bytes.dropFirst(2))))
        }
        return nil
    }
}

extension SessionDescription.Origin {
    fileprivate init?(parsing value: String) {
        let fields = SDPFields.split(value)
        guard fields.count == 6, let sessionID: UInt64 = SDPFields.number(fields[1]),
            let version: UInt64 = SDPFields.number(fields[2])
        else { return nil }
        self.init(
            username: String(fields[0]), sessionID: sessionID, version: version,
            address: fields[3...].joined(separator: " "))
    }
}

extension SDPAttribute {
    /// Whether a known attribute follows its grammar; true for every unknown one.
    fileprivate var isWellFormed: Bool {
        let text = value ?? ""
        return switch name {
        case "": false
        // A token (RFC 5888 §4), so of ASCII alone: mids are compared as `String` and are the same bytes then.
        case "mid": !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        case "ice-ufrag", "ice-pwd": !text.isEmpty && !text.utf8.contains(32)
        case "group": !SDPFields.split(text).isEmpty
        case "setup": DTLSSetup(rawValue: text) != nil
        case "fingerprint": SDPFields.split(text).count == 2
        case "rtpmap": RTPMap(parsing: text) != nil
        case "fmtp": FormatLine(parsing: text) != nil
        case "rtcp-fb": FeedbackLine(parsing: text) != nil
        case "extmap": HeaderExtension(parsing: text) != nil
        case "msid": MediaStreamIdentification(parsing: text) != nil
        case "ssrc": SSRCLine(parsing: text) != nil
        case "ssrc-group": SSRCGroup(parsing: text) != nil
        case "sctp-port": (SDPFields.number(text) as UInt16?) != nil
        case "max-message-size": (SDPFields.number(text) as UInt64?) != nil
        default: true
        }
    }
}
