/// Splitting of SDP values at single ASCII bytes. Works on UTF-8, so that a combining character cannot hide a separator.
enum SDPFields {
    /// The fields between spaces; runs of spaces count as one.
    static func split(_ text: some StringProtocol) -> [Substring] {
        Substring(text).utf8.split(separator: UInt8(ascii: " ")).map { Substring($0) }
    }

    /// The parts between single separators, empty ones included.
    static func parts(_ text: some StringProtocol, separator: Unicode.Scalar) -> [Substring] {
        Substring(text).utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// The text before the first separator, and what follows it (`nil` where there is none).
    static func cut(_ text: some StringProtocol, at separator: Unicode.Scalar) -> (head: Substring, tail: Substring?) {
        let text = Substring(text)
        guard let index = text.utf8.firstIndex(of: UInt8(ascii: separator)) else { return (text, nil) }
        return (text[..<index], text[text.utf8.index(after: index)...])
    }

    /// A decimal number without sign.
    static func number<T: FixedWidthInteger>(_ text: some StringProtocol) -> T? {
        guard text.utf8.first != UInt8(ascii: "+"), text.utf8.first != UInt8(ascii: "-") else { return nil }
        return T(text)
    }

    static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.utf8.first == 32 { text = Substring(text.utf8.dropFirst()) }
        while text.utf8.last == 32 { text = Substring(text.utf8.dropLast()) }
        return text
    }
}
