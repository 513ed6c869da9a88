import SansIO

/// `jask.ask`, candidate or interviewer → agent: a hint now, within cooldown and budget.
public struct AskMessage: Sendable, Hashable, Codable {
    /// Bytes of UTF-8 of a question.
    public static let questionLimit = 1000

    public var type = Topic.ask
    public var version = WireCoding.version
    /// What it is about, in the asker's words; untrusted.
    public var question: String?

    public init(question: String? = nil) {
        self.question = question
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(AskMessage.self, topic: Topic.ask, from: bytes, limit: 16_384)
        if let question, question.utf8.count > Self.questionLimit {
            throw WireError(.tooLarge, "'question' has more than \(Self.questionLimit) bytes")
        }
    }
}
