import SansIO

/// A line of chat as older LiveKit clients read it, on `lk-chat-topic`.
public struct LegacyChatMessage: Sendable, Hashable, Codable {
    /// The stream id of the same line on `lk.chat`, so that a client that reads both shows it once.
    public var id: String
    /// Milliseconds since 1970; Flutter insists on a whole number.
    public var timestamp: Int64
    public var message: String
    /// Tells newer clients to leave it to `lk.chat`.
    public var ignoreLegacy: Bool

    public init(id: String, timestamp: Int64, message: String, ignoreLegacy: Bool = true) {
        self.id = id
        self.timestamp = timestamp
        self.message = message
        self.ignoreLegacy = ignoreLegacy
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }
}

/// The stream attributes that captions carry.
public enum TranscriptionAttributes {
    /// One finished segment.
    public static func final(segment: String) -> [AttributeKey: String] {
        ["lk.segment_id": segment, "lk.transcription_final": "true"]
    }
}
