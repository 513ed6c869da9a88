import SansIO

/// A participant as the server describes it.
public struct RoomParticipant: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case standard
        case agent
        /// Ingress, egress, telephony and bridges.
        case service
    }

    public var sid: String
    public var identity: Identity
    public var name: String
    public var metadata: String
    public var attributes: [AttributeKey: String]
    public var kind: Kind
    /// Whether its media connection is up, so that data reaches it.
    public var isActive: Bool
    public var isHidden: Bool
    /// Whether it may change its own metadata and attributes, which then prove nothing.
    public var canUpdateMetadata: Bool
    public var isPublisher: Bool
    public var tracks: [RoomTrack]
    /// Grows with every change of this sid.
    public var version: UInt32

    init(_ info: Livekit_ParticipantInfo) {
        sid = info.sid
        identity = Identity(info.identity)
        name = info.name
        metadata = info.metadata
        attributes = .init(plain: info.attributes)
        kind =
            switch info.kind {
            case .standard: .standard
            case .agent: .agent
            default: .service
            }
        isActive = info.state == .active
        isHidden = info.permission.hidden
        // Where it is not told, it may be so.
        canUpdateMetadata = !info.hasPermission || info.permission.canUpdateMetadata
        isPublisher = info.isPublisher
        tracks = info.tracks.map(RoomTrack.init)
        version = info.version
    }
}

/// A published track as the server describes it.
public struct RoomTrack: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        case unknown, camera, microphone, screenShare, screenShareAudio
    }

    public var sid: String
    public var isAudio: Bool
    public var source: Source
    public var name: String
    public var isMuted: Bool
    /// End-to-end encrypted: without the key it is of no use.
    public var isEncrypted: Bool
    public var mimeType: String

    package init(_ info: Livekit_TrackInfo) {
        sid = info.sid
        isAudio = info.type == .audio
        source =
            switch info.source {
            case .camera: .camera
            case .microphone: .microphone
            case .screenShare: .screenShare
            case .screenShareAudio: .screenShareAudio
            case .unknown, .UNRECOGNIZED: .unknown
            }
        name = info.name
        isMuted = info.muted
        isEncrypted = info.encryption != .none
        mimeType = info.mimeType
    }
}

/// A track that arrives, with whose it is.
public struct SubscribedTrack: Sendable, Hashable {
    public var track: RoomTrack
    public var participantSID: String
    public var participantIdentity: Identity

    package init(track: RoomTrack, participantSID: String, participantIdentity: Identity) {
        self.track = track
        self.participantSID = participantSID
        self.participantIdentity = participantIdentity
    }
}

/// The room's own facts.
public struct RoomInfo: Sendable, Hashable {
    /// Empty until the server tells.
    public var sid: String
    public var name: RoomName
    public var metadata: String

    init(_ room: Livekit_Room) {
        sid = room.sid
        name = RoomName(room.name)
        metadata = room.metadata
    }
}
