import SansIO

/// What LiveKit says of a room.
public struct RoomFacts: Sendable, Hashable {
    public var sid: String
    public var name: RoomName
    /// The room's metadata, set by a server; visible to everyone in the room.
    public var metadata: String

    public init(sid: String, name: RoomName, metadata: String = "") {
        self.sid = sid
        self.name = name
        self.metadata = metadata
    }
}

/// What LiveKit says of a participant, as far as a session needs it.
public struct ParticipantFacts: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case standard
        case agent
        /// Ingress, egress, telephony and bridges.
        case service
    }

    public var identity: Identity
    /// Changes when the participant joins anew.
    public var sid: String
    public var name: String
    public var attributes: [AttributeKey: String]
    /// Whether it may change its own attributes, which then prove nothing.
    public var canUpdateMetadata: Bool
    public var kind: Kind
    /// Not visible to the others. The server blanks the sender of a hidden participant's packets.
    public var isHidden: Bool
    /// Whether its media connection is up, so that data reaches it.
    public var isActive: Bool
    /// Whether it publishes anything: without roles, the only one who does is the candidate.
    public var isPublisher: Bool
    /// Whether it publishes a microphone, muted or not, that is not end-to-end encrypted.
    public var publishesMicrophone: Bool
    /// Whether that microphone is muted.
    public var isMuted: Bool
    /// Whether it publishes a camera, muted or not, that is not end-to-end encrypted, or sends pictures as data.
    public var publishesCamera: Bool
    /// Whether such a camera is not muted.
    public var showsCamera: Bool
    /// Whether a track of it is end-to-end encrypted, so that it is left alone.
    public var hasEncryptedTracks: Bool

    public init(
        identity: Identity, sid: String, name: String = "", attributes: [AttributeKey: String] = [:],
        canUpdateMetadata: Bool = false, kind: Kind = .standard, isHidden: Bool = false, isActive: Bool = true,
        isPublisher: Bool = false, publishesMicrophone: Bool = false, isMuted: Bool = false,
        publishesCamera: Bool = false, showsCamera: Bool = false, hasEncryptedTracks: Bool = false
    ) {
        self.identity = identity
        self.sid = sid
        self.name = name
        self.attributes = attributes
        self.canUpdateMetadata = canUpdateMetadata
        self.kind = kind
        self.isHidden = isHidden
        self.isActive = isActive
        self.isPublisher = isPublisher
        self.publishesMicrophone = publishesMicrophone
        self.isMuted = isMuted
        self.publishesCamera = publishesCamera
        self.showsCamera = showsCamera
        self.hasEncryptedTracks = hasEncryptedTracks
    }
}

/// What a participant is to the session.
public enum ParticipantRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// Gets the hints; its voice and code are what they are about.
    case candidate
    /// Sees every hint, may pause, end and limit the assistant and ask for a hint.
    case interviewer
    /// Takes part without rights over the assistant.
    case observer
}
