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
    /// The media types in which it is published, `mimeType` among them: a backup for those that cannot decode that one
    /// comes later.
    public var publishedTypes: Set<String>

    public init(
        sid: String, isAudio: Bool, source: Source = .unknown, name: String = "", isMuted: Bool = false,
        isEncrypted: Bool = false, mimeType: String = "", publishedTypes: Set<String> = []
    ) {
        self.sid = sid
        self.isAudio = isAudio
        self.source = source
        self.name = name
        self.isMuted = isMuted
        self.isEncrypted = isEncrypted
        self.mimeType = mimeType
        self.publishedTypes = publishedTypes.union(mimeType.isEmpty ? [] : [mimeType])
    }
}

extension RoomTrack {
    package init(_ message: Livekit_TrackInfo) {
        self.init(
            sid: message.sid, isAudio: message.type == .audio, source: Source(message.source), name: message.name,
            isMuted: message.muted, isEncrypted: message.encryption != .none, mimeType: message.mimeType,
            // Those that were announced and are not there yet are in no section.
            publishedTypes: Set(message.codecs.filter { !$0.mid.isEmpty && !$0.mimeType.isEmpty }.map(\.mimeType)))
    }
}

extension RoomTrack.Source {
    package init(_ message: Livekit_TrackSource) {
        self =
            switch message {
            case .camera: .camera
            case .microphone: .microphone
            case .screenShare: .screenShare
            case .screenShareAudio: .screenShareAudio
            case .unknown, .UNRECOGNIZED: .unknown
            }
    }

    package var message: Livekit_TrackSource {
        switch self {
        case .camera: .camera
        case .microphone: .microphone
        case .screenShare: .screenShare
        case .screenShareAudio: .screenShareAudio
        case .unknown: .unknown
        }
    }
}
