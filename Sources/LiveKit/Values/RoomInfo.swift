import SansIO

/// A room as the server describes it.
public struct RoomInfo: Sendable, Hashable {
    /// Empty until the server tells.
    public var sid: String
    public var name: RoomName
    public var metadata: String
    /// Nanoseconds since 1970 by the server's clock; `nil` where it is not told.
    public var createdAt: Int64?
    /// Participants that are listed to others. Servers count every few seconds.
    public var participantCount: Int
    /// Those among them that publish.
    public var publisherCount: Int
    /// How many may be in the room at once; `nil` for any number.
    public var maxParticipants: Int?
    public var isRecording: Bool

    public init(sid: String = "", name: RoomName = "", metadata: String = "") {
        self.sid = sid
        self.name = name
        self.metadata = metadata
        participantCount = 0
        publisherCount = 0
        isRecording = false
    }
}

extension RoomInfo {
    package init(_ message: Livekit_Room) {
        self.init(sid: message.sid, name: RoomName(message.name), metadata: message.metadata)
        createdAt = WireTime.nanoseconds(milliseconds: message.creationTimeMs, seconds: message.creationTime)
        participantCount = Int(message.numParticipants)
        publisherCount = Int(message.numPublishers)
        maxParticipants = message.maxParticipants == 0 ? nil : Int(message.maxParticipants)
        isRecording = message.activeRecording
    }
}
