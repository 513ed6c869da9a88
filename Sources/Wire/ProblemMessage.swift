import SansIO

/// `jask.problem`, interviewer → agent: the problem statement, and nothing but it. A text stream may carry it bare.
public struct ProblemMessage: Sendable, Hashable, Codable {
    /// Bytes of UTF-8.
    public static let textLimit = 65_536

    public var type = Topic.problem
    public var version = WireCoding.version
    public var text: String

    public init(text: String) {
        self.text = text
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(ProblemMessage.self, topic: Topic.problem, from: bytes)
        try Self.check(text)
    }

    package static func check(_ text: String) throws(WireError) {
        guard text.utf8.count <= textLimit else {
            throw WireError(.tooLarge, "the problem statement has more than \(textLimit) bytes")
        }
    }
}
