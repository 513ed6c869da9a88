import LiveKit
import NIOCore
import SansIO

/// One participant's session in a room.
final class Participant {
    struct PublishedTrack {
        var info: Livekit_TrackInfo
        /// The client's own id of it, in `add_track` and in its descriptions.
        var clientID: String
        /// The codec that it is to be sent in, where the client said so.
        var codec: String?
        /// Where it comes in; `nil` until a description announced it.
        var mid: String?
        var wasAnnouncedToPublisher = false
    }

    struct Subscription {
        var track: ForwardedTrack
        var isPaused = false
        var wish = VideoWish.everything
        /// Whether the media plane has been told; not before the first answer.
        var isForwarded = false
    }

    let sid: ParticipantSID
    let identity: Identity
    let join: JoinRequest
    let joinedAt: Int64
    var signal: SignalID?
    var state = Livekit_ParticipantInfo.State.joining
    var version: UInt32 = 0
    var name: String
    var metadata: String
    var attributes: [String: String]
    var permission: Livekit_ParticipantPermission
    let kind: Livekit_ParticipantInfo.Kind

    /// Announced by `add_track`, not yet heard of in media.
    var pending: [PublishedTrack] = []
    var published: [PublishedTrack] = []
    /// In their order of subscribing.
    var subscriptions: [Subscription] = []
    /// What the client asked for, against or beside automatic subscription.
    var wishes: [TrackSID: Bool] = [:]
    /// What the client said of tracks, perhaps before they were there; the newest of each.
    var settings: [TrackSID: Livekit_UpdateTrackSettings] = [:]
    /// The server's offers, where the client has a connection to subscribe over.
    var offers: SubscriberOffers
    /// What the client is asked to offer, where it makes all offers.
    var sections = SectionRequests()

    /// Those who left while this one's signalling was away.
    var missedDepartures: [Livekit_ParticipantInfo] = []
    var lastSequence: UInt32 = 0
    var wasConnected = false
    /// When the participant is removed unless something happens, and why.
    var removal: (at: Instant, reason: Livekit_DisconnectReason)?
    var tokenRefresh: Instant?

    init(
        sid: ParticipantSID, join: JoinRequest, joinedAt: Int64, signal: SignalID, firstOfferID: UInt32
    ) {
        self.sid = sid
        self.join = join
        self.joinedAt = joinedAt
        self.signal = signal
        identity = join.identity
        name = join.claims.name ?? ""
        metadata = join.metadata.isEmpty ? join.claims.metadata ?? "" : join.metadata
        attributes = (join.claims.attributes?.plain ?? [:]).merging(join.attributes) { _, own in own }
        permission = join.permission
        kind = join.kind
        offers = SubscriberOffers(firstID: firstOfferID)
    }

    var isHidden: Bool { permission.hidden }
    var isPublisher: Bool { !published.isEmpty }
    /// Neither counted nor keeping a room open.
    var isDependent: Bool { kind == .agent || kind == .egress || permission.agent || permission.recorder }
    var isAgent: Bool { kind == .agent || permission.agent }
    /// Whether the subscriber connection is the one that decides, and carries data downwards.
    var isSubscriberPrimary: Bool { join.protocolLevel > 2 && permission.canSubscribe && !usesSingleConnection }
    var usesSingleConnection: Bool { join.usesSingleConnection }
    /// Whether the media plane may be told of subscriptions: as a first offer of the server's has nothing but data.
    var isReadyForTracks: Bool { usesSingleConnection || offers.hasAnswered }
    var primaryTarget: Livekit_SignalTarget { isSubscriberPrimary ? .subscriber : .publisher }

    var info: Livekit_ParticipantInfo {
        var info = Livekit_ParticipantInfo()
        info.sid = sid
        info.identity = identity.text
        info.name = name
        info.state = state
        info.tracks = published.map(\.info)
        info.metadata = metadata
        info.attributes = attributes
        info.joinedAt = joinedAt / 1000
        info.joinedAtMs = joinedAt
        info.version = version
        info.permission = permission
        info.isPublisher = isPublisher
        info.kind = kind
        info.clientProtocol = join.clientProtocol
        info.capabilities = join.capabilities
        return info
    }

    func mayPublish(_ source: Livekit_TrackSource) -> Bool {
        permission.canPublish
            && (permission.canPublishSources.isEmpty || permission.canPublishSources.contains(source))
    }

    func publishedTrack(_ sid: TrackSID) -> PublishedTrack? { published.first { $0.info.sid == sid } }

    /// What is due next of this participant's own timers.
    var deadline: Instant? {
        earliest(earliest(removal?.at, tokenRefresh), offers.deadline)
    }
}
