import Foundation
import LiveKit
import SansIO
import Web

/// What a client says when it connects, with what its token allows.
struct JoinRequest: Sendable {
    var room: RoomName
    var identity: Identity
    var claims: TokenClaims
    /// The protocol level; 0 when it is not given.
    var protocolLevel = 0
    var clientProtocol: Int32 = 0
    var capabilities: [Livekit_ClientInfo.Capability] = []
    var subscribesAutomatically = true
    var attributes: [String: String] = [:]
    /// In place of the token's; empty where the client says nothing of it.
    var metadata = ""
    /// The session to go on with, when the client resumes.
    var resumes: ParticipantSID?
    /// Whether one peer connection does everything, and the client makes all offers on it (signalling v1).
    var usesSingleConnection = false
    /// The tracks that the client is going to publish, and its first offer, which come along in v1.
    var tracks: [Livekit_AddTrackRequest] = []
    var offer: Livekit_SessionDescription?

    init(room: RoomName, identity: Identity, claims: TokenClaims) {
        self.room = room
        self.identity = identity
        self.claims = claims
    }

    /// Reads the query of `/rtc`; the grants must have been checked before.
    init(_ query: QueryParameters, room: RoomName, identity: Identity, claims: TokenClaims) {
        self.init(room: room, identity: identity, claims: claims)
        protocolLevel = query["protocol"].flatMap { Int($0) } ?? 0
        clientProtocol = query["client_protocol"].flatMap { Int32($0) } ?? 0
        capabilities = (query["capabilities"] ?? "").split(separator: ",").compactMap { name in
            switch name {
            case "CAP_PACKET_TRAILER": .capPacketTrailer
            case "CAP_COMPRESSION_DEFLATE_RAW": .capCompressionDeflateRaw
            default: nil
            }
        }
        subscribesAutomatically = query["auto_subscribe"].map(Self.isTrue) ?? true
        attributes = query["attributes"].flatMap(Self.attributes) ?? [:]
        resumes = query["reconnect"].map(Self.isTrue) == true ? query["sid"] : nil
    }

    /// Reads the message that v1 connects with; the grants must have been checked before.
    init(_ message: Livekit_JoinRequest, room: RoomName, identity: Identity, claims: TokenClaims) {
        self.init(room: room, identity: identity, claims: claims)
        usesSingleConnection = true
        protocolLevel = Int(message.clientInfo.protocol)
        clientProtocol = message.clientInfo.clientProtocol
        capabilities = message.clientInfo.capabilities
        subscribesAutomatically = message.connectionSettings.autoSubscribe
        attributes = message.participantAttributes
        metadata = message.metadata
        resumes = message.reconnect ? message.participantSid : nil
        tracks = message.addTrackRequests
        offer = message.hasPublisherOffer ? message.publisherOffer : nil
    }

    private static func isTrue(_ text: String) -> Bool { text == "1" || text == "true" }

    /// A JSON object of strings in base64url.
    private static func attributes(_ text: String) -> [String: String]? {
        var base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return Data(base64Encoded: base64).flatMap { try? JSONDecoder().decode([String: String].self, from: $0) }
    }

    var permission: Livekit_ParticipantPermission {
        let grant = claims.video ?? VideoGrant()
        var permission = Livekit_ParticipantPermission()
        permission.canSubscribe = grant.allowsSubscribing
        permission.canPublish = grant.allowsPublishing
        permission.canPublishData = grant.allowsPublishingData
        permission.canPublishSources = (grant.canPublishSources ?? []).compactMap { name in
            switch name {
            case "camera": .camera
            case "microphone": .microphone
            case "screen_share": .screenShare
            case "screen_share_audio": .screenShareAudio
            default: nil
            }
        }
        permission.hidden = grant.hidden ?? false
        permission.recorder = grant.recorder ?? false
        permission.canUpdateMetadata = grant.canUpdateOwnMetadata ?? false
        permission.agent = grant.agent ?? false
        permission.canSubscribeMetrics = grant.canSubscribeMetrics ?? false
        return permission
    }

    var kind: Livekit_ParticipantInfo.Kind {
        switch claims.kind {
        case "agent": .agent
        case "ingress": .ingress
        case "egress": .egress
        case "sip": .sip
        case "connector": .connector
        case "bridge": .bridge
        default: .standard
        }
    }
}
