/// What a participant may do.
public struct ParticipantPermission: Sendable, Hashable {
    public var canSubscribe = false
    public var canPublish = false
    public var canPublishData = false
    /// What it may publish; empty for everything.
    public var canPublishSources: [RoomTrack.Source] = []
    /// Not listed to others.
    public var isHidden = false
    public var isRecorder = false
    /// Change its own metadata and attributes.
    public var canUpdateMetadata = false

    public init() {}

    /// Hidden, may subscribe, send data and set its own attributes; may not publish.
    public static let hiddenListener: ParticipantPermission = {
        var permission = ParticipantPermission()
        permission.canSubscribe = true
        permission.canPublishData = true
        permission.canUpdateMetadata = true
        permission.isHidden = true
        return permission
    }()
}

extension ParticipantPermission {
    package var message: Livekit_ParticipantPermission {
        .with {
            $0.canSubscribe = canSubscribe
            $0.canPublish = canPublish
            $0.canPublishData = canPublishData
            $0.canPublishSources = canPublishSources.map(\.message)
            $0.hidden = isHidden
            $0.recorder = isRecorder
            $0.canUpdateMetadata = canUpdateMetadata
        }
    }
}
