/// The key of the Messages API: a secret that never shows itself: descriptions, dumps and string interpolation say only that it is there.
public struct ClaudeKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let secret: String

    /// Surrounding white space is taken off. Nil when nothing is left, or when a character cannot stand in an HTTP
    /// header, so that a key cannot add headers of its own.
    public init?(_ secret: String) {
        let bytes = secret.utf8.drop { $0 <= 0x20 }
        let end = bytes.lastIndex { $0 > 0x20 }.map { bytes.index(after: $0) } ?? bytes.startIndex
        let trimmed = bytes[bytes.startIndex..<end]
        guard !trimmed.isEmpty, trimmed.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.secret = String(Substring(trimmed))
    }

    public var description: String { "(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
