import SansIO

/// The two ways a LiveKit server speaks signalling.
public enum SignalVersion: String, Hashable, Sendable {
    /// `/rtc/v1`: one peer connection, the client offers. Servers from 1.9.10 on.
    case v1
    /// `/rtc`: two peer connections, the server offers what it sends.
    case v0
}

/// How to join a room.
public struct SignalOptions: Sendable {
    /// The protocol level that is announced. 16: everything but packet trailers.
    public static let protocolLevel = 16

    public var server: ServerURL
    public var token: AccessToken
    /// Tried first; `v0` follows when the server answers 404 to `v1`.
    public var preferredVersion = SignalVersion.v1
    /// Whether every track that permissions allow is subscribed.
    public var autoSubscribe = true
    /// Whether the server starts with the lowest layer and waits for track settings.
    public var adaptiveStream = false
    /// Whether the server may pause video when there is little bandwidth.
    public var subscriberAllowPause = false
    public var disableICELite = false
    /// Needs `canUpdateOwnMetadata`.
    public var attributes: [AttributeKey: String] = [:]
    /// What this client is. The server treats clients by their `sdk`; see `defaultClientInfo`.
    public var clientInfo = SignalOptions.defaultClientInfo
    /// In v1: the join request is compressed when that makes it smaller.
    public var compressesJoinRequest = true

    public init(server: ServerURL, token: AccessToken) {
        self.server = server
        self.token = token
    }

    public static let defaultClientInfo: ClientInfo = {
        var info = ClientInfo()
        // The one kind that livekit-server never moves to ICE over TCP, which we do not speak. Of any other, after a
        // connection that held less than 90 s or failed twice, it takes no UDP candidate for minutes. Besides, tracks that
        // send nothing at first come as 5 s of silence, and no codec changes within a track.
        info.sdk = .go
        info.otherSDKs = "jask"
        info.version = "1.0"
        info.protocolLevel = protocolLevel
        info.os = "linux"
        // 2: data streams v2. Senders that see this client may send the whole text in a header, deflated.
        info.clientProtocolLevel = 2
        info.capabilities = [.deflatedStreams]
        return info
    }()
}
