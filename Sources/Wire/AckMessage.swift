import SansIO

/// `jask.ack`, addressee → agent: a hint was seen, dismissed or helpful.
public struct AckMessage: Sendable, Hashable, Codable {
    public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        case seen, dismissed, helpful
    }

    public var type = Topic.ack
    public var version = WireCoding.version
    /// The hint's.
    public var id: ULID
    /// Left out: seen.
    public var status: Status?

    public init(id: ULID, status: Status? = nil) {
        self.id = id
        self.status = status
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(AckMessage.self, topic: Topic.ack, from: bytes, limit: 4096)
    }
}
