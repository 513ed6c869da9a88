extension SessionDescription {
    /// The text of the description, every line ended by CRLF. Control characters in values are left out, so that no
    /// value can add a line.
    public var text: String {
        var writer = SDPWriter()
        writer.line("v", "0")
        writer.line("o", "\(origin.username) \(origin.sessionID) \(origin.version) \(origin.address)")
        writer.line("s", name)
        for line in lines { writer.line(line.type, line.value) }
        for attribute in attributes { writer.line("a", attribute.description) }
        for section in media { section.write(to: &writer) }
        return writer.text
    }
}

/// Collects lines.
struct SDPWriter {
    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(4096) }

    mutating func line(_ type: Character, _ value: String) {
        bytes.append(type.asciiValue ?? UInt8(ascii: "x"))
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: value.utf8.lazy.filter { $0 >= 32 && $0 != 127 || $0 == 9 })
        bytes.append(13)
        bytes.append(10)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}
