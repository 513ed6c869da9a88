import SansIO

/// What the bearer of a token may do: the claim `video`.
///
/// The Booleans that are optional mean something else when they are absent than when they are false.
public struct VideoGrant: Codable, Hashable, Sendable {
    /// Join `room`.
    public var roomJoin: Bool?
    /// The room's name, for joining and as the scope of `roomAdmin`.
    public var room: RoomName?
    /// Unset: true.
    public var canPublish: Bool?
    /// Unset: true.
    public var canSubscribe: Bool?
    /// Unset: as `canPublish`.
    public var canPublishData: Bool?
    /// Of `camera`, `microphone`, `screen_share`, `screen_share_audio`; unset: all.
    public var canPublishSources: [String]?
    /// Unset: false.
    public var canUpdateOwnMetadata: Bool?
    /// Not listed to others.
    public var hidden: Bool?
    public var recorder: Bool?
    /// Open the worker endpoint; in a participant's token: may send transcriptions.
    public var agent: Bool?
    public var canSubscribeMetrics: Bool?
    public var canManageAgentSession: Bool?
    public var roomCreate: Bool?
    public var roomList: Bool?
    public var roomRecord: Bool?
    public var roomAdmin: Bool?
    public var ingressAdmin: Bool?
    public var destinationRoom: RoomName?

    public init() {}

    /// A grant to join `room` as an ordinary participant.
    public static func join(room: RoomName) -> VideoGrant {
        var grant = VideoGrant()
        grant.roomJoin = true
        grant.room = room
        return grant
    }

    /// Whether publishing is allowed, with the default applied.
    public var allowsPublishing: Bool { canPublish ?? true }
    /// Whether subscribing is allowed, with the default applied.
    public var allowsSubscribing: Bool { canSubscribe ?? true }
    /// Whether sending data is allowed, with the default applied.
    public var allowsPublishingData: Bool { canPublishData ?? allowsPublishing }
}
