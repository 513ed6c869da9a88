import LiveKit
import SansIO

extension ServerCore {
    /// What the media plane reports of the participant with that sid; of one that is gone it is ignored.
    func receive(_ event: MediaEvent, of sid: ParticipantSID, at now: Instant) {
        guard let (room, participant) = find(sid) else { return }
        switch event {
        case .answered(let sdp, let id, let tracks, let missing):
            answer(sdp, id: id, tracks: tracks, missing: missing, to: participant)
        case .sectionsCounted(let missing): require(missing, of: participant)
        case .offered(let sdp, let tracks): offer(sdp, tracks: tracks, to: participant, at: now)
        case .negotiationFailed(let target, _): negotiationFailed(target, of: participant, in: room, at: now)
        case .candidate(let candidate, let target, let isFinal):
            var trickle = Livekit_TrickleRequest()
            trickle.candidateInit = candidate
            trickle.target = target
            trickle.final = isFinal
            send(.trickle(trickle), to: participant)
        case .connected(let target): connected(target, participant, in: room, at: now)
        case .failed: transportFailed(participant, in: room, at: now)
        case .trackAnnounced(let mid, let clientID, let isVideo):
            trackAnnounced(mid: mid, clientID: clientID, isVideo: isVideo, of: participant, in: room, at: now)
        case .trackStarted(let mid, let mimeType):
            trackStarted(mid: mid, mimeType: mimeType, of: participant, in: room, at: now)
        case .trackEnded(let mid): trackEnded(mid: mid, of: participant, in: room, at: now)
        case .data(let buffer, let isReliable):
            receiveData(buffer, isReliable: isReliable, from: participant, in: room, at: now)
        case .streamStarted(let track): streamStarted(track, of: participant)
        case .unsubscribed: negotiate(with: participant)
        }
    }

    private func find(_ sid: ParticipantSID) -> (HostedRoom, Participant)? {
        for room in rooms.values {
            if let participant = room.participant(sid: sid) { return (room, participant) }
        }
        return nil
    }

    private func answer(
        _ sdp: String, id: UInt32, tracks: [String: TrackSID], missing: SectionCount, to participant: Participant
    ) {
        var answer = Livekit_SessionDescription()
        answer.type = "answer"
        answer.sdp = sdp
        answer.id = id
        answer.midToTrackID = tracks
        send(.answer(answer), to: participant)
        if participant.usesSingleConnection, participant.sections.answered(isMissing: missing != .none) {
            require(missing, of: participant)
        }
    }

    /// Asks a client that makes all offers for one with so many more sections, which may be none.
    private func require(_ missing: SectionCount, of participant: Participant) {
        var requirement = Livekit_MediaSectionsRequirement()
        requirement.numAudios = UInt32(clamping: missing.audio)
        requirement.numVideos = UInt32(clamping: missing.video)
        send(.mediaSectionsRequirement(requirement), to: participant)
    }

    private func offer(
        _ sdp: String, tracks: [String: TrackSID], to participant: Participant, at now: Instant
    ) {
        guard let id = participant.offers.offered(at: now, timeout: rules.answerTimeout) else { return }
        var offer = Livekit_SessionDescription()
        offer.type = "offer"
        offer.sdp = sdp
        offer.id = id
        offer.midToTrackID = tracks
        send(.offer(offer), to: participant)
    }

    /// A description that cannot be used leaves both sides with different ideas: the client has to start anew.
    private func negotiationFailed(
        _ target: Livekit_SignalTarget, of participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        if target == .subscriber { participant.offers.failed() }
        remove(participant, from: room, reason: .stateMismatch, action: .reconnect, at: now)
    }

    private func connected(
        _ target: Livekit_SignalTarget, _ participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        guard target == participant.primaryTarget else { return }
        participant.wasConnected = true
        participant.removal = nil
        guard participant.state == .joined else { return }
        participant.state = .active
        participant.version &+= 1
        announce(participant, in: room, at: now)
        replay(to: participant, in: room, at: now)
    }

    private func streamStarted(_ sid: TrackSID, of participant: Participant) {
        guard let subscription = participant.subscription(sid) else { return }
        var info = Livekit_StreamStateInfo()
        info.participantSid = subscription.track.publisher
        info.trackSid = sid
        info.state = .active
        var update = Livekit_StreamStateUpdate()
        update.streamStates = [info]
        send(.streamStateUpdate(update), to: participant)
    }
}
