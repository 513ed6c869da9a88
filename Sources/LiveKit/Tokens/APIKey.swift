/// A LiveKit API key and its secret. The secret never appears in a description or a mirror.
public struct APIKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key's name, the `iss` of its tokens.
    public let name: String
    /// The secret that signs.
    let secret: [UInt8]

    /// - Throws: `TokenError.emptyKey` when either is empty.
    public init(name: String, secret: String) throws(TokenError) {
        guard !name.isEmpty, !secret.isEmpty else { throw .emptyKey }
        self.name = name
        self.secret = Array(secret.utf8)
    }

    public var description: String { "APIKey(\(name))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
