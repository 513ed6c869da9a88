import SansIO

/// `jask.hello`, client → agent: what the client shows and acknowledges; asks for what is still worth showing.
public struct HelloMessage: Sendable, Hashable, Codable {
    /// Topics in `shows`, and bytes of UTF-8 in each.
    public static let mostTopics = 16
    public static let topicLimit = 64

    public var type = Topic.hello
    public var version = WireCoding.version
    /// The topics that the client shows itself: only these are sent again. Left out: all.
    public var shows: [TopicName]?
    /// Whether the client sends `jask.ack` for each hint; left out: no.
    public var acknowledges: Bool?

    public init(shows: [TopicName]? = nil, acknowledges: Bool? = nil) {
        self.shows = shows
        self.acknowledges = acknowledges
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(HelloMessage.self, topic: Topic.hello, from: bytes, limit: 4096)
        guard let shows else { return }
        guard shows.count <= Self.mostTopics else {
            throw WireError(.outOfRange, "'shows' has more than \(Self.mostTopics) topics")
        }
        guard shows.allSatisfy({ (1...Self.topicLimit).contains($0.text.utf8.count) }) else {
            throw WireError(.outOfRange, "a topic in 'shows' is empty or has more than \(Self.topicLimit) bytes")
        }
    }
}
