/// Who is in the room and what they publish; turns the server's updates into events.
struct ParticipantRegistry {
    private(set) var bySID: [String: RoomParticipant] = [:]
    private var localSID = ""

    /// Begins a session. Participants of an earlier one that are not listed have left.
    mutating func join(_ join: Livekit_JoinResponse) -> [RoomEvent] {
        localSID = join.participant.sid
        let others = join.otherParticipants.map(RoomParticipant.init)
        let present = Set(others.map(\.sid))
        let left = bySID.values.filter { !present.contains($0.sid) }.sorted { $0.sid < $1.sid }
        for participant in left { bySID[participant.sid] = nil }
        return left.map { .participantLeft($0) } + others.flatMap { receive($0) }
    }

    mutating func update(_ infos: [Livekit_ParticipantInfo]) -> [RoomEvent] {
        infos.flatMap { info -> [RoomEvent] in
            guard info.sid != localSID else { return [] }
            if info.state == .disconnected {
                return bySID.removeValue(forKey: info.sid).map { [.participantLeft($0)] } ?? []
            }
            return receive(RoomParticipant(info))
        }
    }

    /// The track of that sid, with whose it is.
    func track(_ sid: String) -> SubscribedTrack? {
        for participant in bySID.values {
            if let track = participant.tracks.first(where: { $0.sid == sid }) {
                return SubscribedTrack(
                    track: track, participantSID: participant.sid, participantIdentity: participant.identity)
            }
        }
        return nil
    }

    var tracks: [RoomTrack] { bySID.values.flatMap(\.tracks) }

    private mutating func receive(_ participant: RoomParticipant) -> [RoomEvent] {
        guard let known = bySID[participant.sid] else {
            // The same identity under another sid is a new session of it: the old one is over.
            let replaced = bySID.values.filter { $0.identity == participant.identity }
            for old in replaced { bySID[old.sid] = nil }
            bySID[participant.sid] = participant
            return replaced.map { .participantLeft($0) } + [.participantJoined(participant)]
        }
        guard participant.version >= known.version, participant != known else { return [] }
        bySID[participant.sid] = participant
        return [.participantUpdated(participant)]
    }
}
