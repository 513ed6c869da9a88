import SansIO

/// The user-name fragment and password of one agent for one ICE session (RFC 8445 §5.3).
public struct ICECredentials: Hashable, Sendable {
    /// 4...256 `ice-char`s.
    public var ufrag: String
    /// 22...256 `ice-char`s. A secret: not for logs.
    public var password: String

    public init(ufrag: String, password: String) {
        self.ufrag = ufrag
        self.password = password
    }

    /// Fresh credentials: 48 random bits of fragment and 144 of password; RFC 8445 §5.3 asks for 24 and 128.
    public init(using random: inout RandomSource) {
        ufrag = Self.text(8, &random)
        password = Self.text(24, &random)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func text(_ count: Int, _ random: inout RandomSource) -> String {
        String(decoding: random.bytes(count).map { alphabet[Int($0 & 63)] }, as: UTF8.self)
    }
}
