import LiveKit
import NIOCore
import SansIO

/// One room: who is in it, what was dispatched to it, when it closes.
final class HostedRoom {
    struct CachedPacket {
        var packet: Livekit_DataPacket
        var sender: ParticipantSID?
        var bytes: Int
        var until: Instant
    }

    let sid: String
    let name: RoomName
    let createdAt: Int64
    let turnPassword: String
    var emptyTimeout: Duration
    var departureTimeout: Duration
    var maximumParticipants: UInt32
    var metadata: String
    /// In their order of joining.
    private(set) var participants: [Participant] = []
    var dispatches: [Dispatch] = []
    /// Changes that wait for the batch, the newest of each session.
    var batch: [Livekit_ParticipantInfo] = []
    var batchDeadline: Instant?
    var counts: RoomCounts
    /// When it closes unless someone joins; `nil` while a standard participant is in it.
    var closing: Instant?
    private var replay: [CachedPacket] = []

    init(
        sid: String, name: RoomName, createdAt: Int64, turnPassword: String, configuration: Livekit_RoomConfiguration,
        rules: RoomRules, at now: Instant
    ) {
        self.sid = sid
        self.name = name
        self.createdAt = createdAt
        self.turnPassword = turnPassword
        emptyTimeout = configuration.emptyTimeout == 0 ? rules.emptyTimeout : .seconds(configuration.emptyTimeout)
        departureTimeout =
            configuration.departureTimeout == 0 ? rules.departureTimeout : .seconds(configuration.departureTimeout)
        maximumParticipants = configuration.maxParticipants
        metadata = configuration.metadata
        counts = RoomCounts(interval: rules.countInterval, at: now)
    }

    func participant(identity: Identity) -> Participant? { participants.first { $0.identity == identity } }

    func participant(sid: ParticipantSID) -> Participant? { participants.first { $0.sid == sid } }

    func add(_ participant: Participant) { participants.append(participant) }

    func remove(_ participant: Participant) { participants.removeAll { $0 === participant } }

    /// The publisher and the track of a sid.
    func track(_ sid: TrackSID) -> (publisher: Participant, track: Participant.PublishedTrack)? {
        for participant in participants {
            if let track = participant.publishedTrack(sid) { return (participant, track) }
        }
        return nil
    }

    var standardParticipants: Int { participants.count { !$0.isDependent } }

    var info: Livekit_Room {
        var info = Livekit_Room()
        info.sid = sid
        info.name = name.text
        info.emptyTimeout = UInt32(clamping: emptyTimeout.components.seconds)
        info.departureTimeout = UInt32(clamping: departureTimeout.components.seconds)
        info.maxParticipants = maximumParticipants
        info.creationTime = createdAt / 1000
        info.creationTimeMs = createdAt
        info.turnPassword = turnPassword
        info.enabledCodecs = HostedRoom.codecs
        info.metadata = metadata
        info.numParticipants = UInt32(clamping: counts.participants)
        info.numPublishers = UInt32(clamping: counts.publishers)
        return info
    }

    static let codecs: [Livekit_Codec] = [
        "audio/opus", "audio/red", "video/VP8", "video/H264", "video/VP9", "video/rtx",
    ].map { mime in
        var codec = Livekit_Codec()
        codec.mime = mime
        return codec
    }

    // MARK: Replay of reliable data

    func remember(
        _ packet: Livekit_DataPacket, from sender: ParticipantSID?, bytes: Int, at now: Instant, rules: RoomRules
    ) {
        replay.removeAll { $0.until <= now }
        replay.append(CachedPacket(packet: packet, sender: sender, bytes: bytes, until: now + rules.replayWindow))
        var total = replay.reduce(0) { $0 + $1.bytes }
        while total > rules.replayBytes, let first = replay.first {
            total -= first.bytes
            replay.removeFirst()
        }
    }

    func remembered(at now: Instant) -> [CachedPacket] { replay.filter { $0.until > now } }

    /// What is due next of this room's own timers and its participants'.
    var deadline: Instant? {
        let own = earliest(earliest(batchDeadline, counts.due), closing)
        let removals = dispatches.reduce(nil) { earliest($0, $1.deadline) }
        return participants.reduce(earliest(own, removals)) { earliest($0, $1.deadline) }
    }
}
