import SansIO

/// A participant as the server describes it.
public struct RoomParticipant: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case standard
        case agent
        /// Ingress, egress, telephony and bridges.
        case service
    }

    public enum State: Sendable, Hashable {
        /// Its signalling connection is being made.
        case joining
        /// Without media yet.
        case joined
        /// Its media connection is up, so that data reaches it.
        case active
        case disconnected
    }

    public var sid: String
    public var identity: Identity
    public var name: String
    public var metadata: String
    public var attributes: [AttributeKey: String]
    public var kind: Kind
    public var state: State
    public var isHidden: Bool
    /// Whether it may change its own metadata and attributes, which then prove nothing.
    public var canUpdateMetadata: Bool
    public var isPublisher: Bool
    public var tracks: [RoomTrack]
    /// Nanoseconds since 1970 by the server's clock; `nil` where it is not told.
    public var joinedAt: Int64?
    /// Grows with every change of this sid.
    public var version: UInt32

    /// A participant that just joined and may do what is usual.
    public init(
        sid: String, identity: Identity, name: String = "", attributes: [AttributeKey: String] = [:],
        kind: Kind = .standard, state: State = .active, tracks: [RoomTrack] = []
    ) {
        self.sid = sid
        self.identity = identity
        self.name = name
        metadata = ""
        self.attributes = attributes
        self.kind = kind
        self.state = state
        isHidden = false
        canUpdateMetadata = false
        isPublisher = !tracks.isEmpty
        self.tracks = tracks
        version = 0
    }

    /// Whether its media connection is up, so that data reaches it.
    public var isActive: Bool { state == .active }
}

extension RoomParticipant {
    package init(_ message: Livekit_ParticipantInfo) {
        self.init(
            sid: message.sid, identity: Identity(message.identity), name: message.name,
            attributes: .init(plain: message.attributes), kind: Kind(message.kind), state: State(message.state),
            tracks: message.tracks.map { RoomTrack($0) })
        metadata = message.metadata
        isHidden = message.permission.hidden
        // Where it is not told, it may be so.
        canUpdateMetadata = !message.hasPermission || message.permission.canUpdateMetadata
        isPublisher = message.isPublisher
        joinedAt = WireTime.nanoseconds(milliseconds: message.joinedAtMs, seconds: message.joinedAt)
        version = message.version
    }
}

extension RoomParticipant.Kind {
    package init(_ message: Livekit_ParticipantInfo.Kind) {
        self =
            switch message {
            case .standard: .standard
            case .agent: .agent
            case .ingress, .egress, .sip, .connector, .bridge, .UNRECOGNIZED: .service
            }
    }
}

extension RoomParticipant.State {
    package init(_ message: Livekit_ParticipantInfo.State) {
        self =
            switch message {
            case .joining: .joining
            // It is there, whatever it does.
            case .joined, .UNRECOGNIZED: .joined
            case .active: .active
            case .disconnected: .disconnected
            }
    }
}
