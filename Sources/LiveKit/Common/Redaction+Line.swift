import SansIO

extension Redaction {
    /// One line of at most 200 characters for a log, of text that came from elsewhere.
    static func line(_ text: String) -> String {
        String(redact(text).split(whereSeparator: \.isNewline).joined(separator: " ").prefix(200))
    }
}
