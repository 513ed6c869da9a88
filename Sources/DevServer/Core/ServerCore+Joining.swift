import LiveKit
import SansIO

extension ServerCore {
    /// Why a client that may come in by its token is refused all the same; `nil` to let it in.
    func refusal(of join: JoinRequest) -> (status: Int, body: String)? {
        guard let room = rooms[join.room] else {
            return rules.createsRooms ? nil : (404, "requested room does not exist")
        }
        let isFull = room.maximumParticipants > 0 && room.standardParticipants >= room.maximumParticipants
        return isFull && room.participant(identity: join.identity) == nil
            ? (503, "room has exceeded its max participants") : nil
    }

    /// A client's signalling connection is open: it joins, or goes on with the session it had.
    func connect(_ signal: SignalID, join: JoinRequest, at now: Instant) {
        if let sid = join.resumes {
            resume(sid, join: join, signal: signal, at: now)
        } else {
            self.join(join, signal: signal, at: now)
        }
    }

    private func join(_ join: JoinRequest, signal: SignalID, at now: Instant) {
        let room =
            rooms[join.room]
            ?? createRoom(join.room, configuration: join.claims.roomConfiguration?.message ?? .init(), at: now)
        let previous = room.participant(identity: join.identity)
        let participant = Participant(
            sid: sids.make(.participant), join: join, joinedAt: milliseconds(at: now), signal: signal,
            firstOfferID: sids.number(in: 1...256))
        signals[signal] = Binding(room: room, participant: participant)
        send(.join(response(to: participant, in: room)), to: participant)
        refreshToken(of: participant, at: now)
        if let previous { remove(previous, from: room, reason: .duplicateIdentity, isReplaced: true, at: now) }
        room.add(participant)
        if !participant.isDependent { room.closing = nil }
        participant.state = .joined
        participant.version = 1
        participant.removal = (now + rules.joinTimeout, .joinFailure)
        announce(participant, in: room, isImmediate: previous != nil, at: now)
        roomChanged(room, at: now)
        emit(.media(.open(isSingle: join.usesSingleConnection), of: participant.sid))
        if participant.permission.canSubscribe { negotiate(with: participant) }
        for other in room.participants where other !== participant {
            for track in other.published { subscribe(participant, to: track, of: other, in: room) }
        }
        for track in join.tracks { addTrack(track, of: participant, at: now) }
        if let offer = join.offer { receive(offer: offer, from: participant) }
        launchParticipantJobs(for: participant, in: room, type: .jtParticipant, at: now)
    }

    private func response(to participant: Participant, in room: HostedRoom) -> Livekit_JoinResponse {
        var response = Livekit_JoinResponse()
        response.room = room.info
        response.participant = participant.info
        response.otherParticipants = room.participants
            .filter { !$0.isHidden && $0.identity != participant.identity }.map(\.info)
        response.serverVersion = Self.version
        response.subscriberPrimary = participant.isSubscriberPrimary
        response.pingInterval = rules.pingInterval
        response.pingTimeout = rules.pingTimeout
        response.serverInfo = serverInfo
        response.sifTrailer = .init(sids.bytes(32))
        response.enabledPublishCodecs = HostedRoom.codecs
        response.fastPublish = participant.permission.canPublish
        return response
    }

    private func resume(_ sid: ParticipantSID, join: JoinRequest, signal: SignalID, at now: Instant) {
        guard let room = rooms[join.room], let participant = room.participant(identity: join.identity),
            participant.sid == sid
        else {
            sendLeave(.stateMismatch, .reconnect, level: join.protocolLevel, to: signal)
            return emit(.closeSignal(signal))
        }
        if let old = participant.signal {
            signals[old] = nil
            emit(.closeSignal(old))
        }
        participant.signal = signal
        participant.removal = nil
        signals[signal] = Binding(room: room, participant: participant)
        var response = Livekit_ReconnectResponse()
        response.serverInfo = serverInfo
        response.lastMessageSeq = participant.lastSequence
        send(.reconnect(response), to: signal)
        var update = Livekit_ParticipantUpdate()
        update.participants = room.participants.filter { !$0.isHidden }.map(\.info)
        if join.protocolLevel > 8 {
            // Who came back under the same name did not leave: clients go by it.
            update.participants += participant.missedDepartures.filter {
                room.participant(identity: Identity($0.identity)) == nil
            }
        }
        participant.missedDepartures = []
        send(.update(update), to: signal)
        var roomUpdate = Livekit_RoomUpdate()
        roomUpdate.room = room.info
        send(.roomUpdate(roomUpdate), to: signal)
        refreshToken(of: participant, at: now)
        participant.offers.abandon()
        participant.sections.abandon()
        if participant.permission.canSubscribe, !participant.usesSingleConnection {
            negotiate(with: participant, restartsICE: true)
        }
    }

    /// Sends a token made of what the participant now is.
    func refreshToken(of participant: Participant, at now: Instant) {
        participant.tokenRefresh = now + rules.tokenRefreshInterval
        var claims = TokenClaims(identity: participant.identity, video: participant.join.claims.video)
        claims.name = participant.name
        claims.kind = participant.join.claims.kind
        claims.metadata = participant.metadata.isEmpty ? nil : participant.metadata
        claims.attributes = participant.attributes.isEmpty ? nil : .init(plain: participant.attributes)
        let left = participant.join.claims.expires.map { Duration.seconds($0 - seconds(at: now)) } ?? .zero
        guard let token = mint(claims, validity: max(rules.refreshedTokenValidity, left), at: now) else { return }
        send(.refreshToken(token), to: participant)
    }

    func mint(_ claims: TokenClaims, validity: Duration, at now: Instant) -> String? {
        try? AccessToken(signing: claims, with: key, now: seconds(at: now), validity: validity).jwt
    }

    /// Makes an offer on the subscriber connection, now or when the one under way is answered; where the client makes all
    /// offers, asks it for one.
    func negotiate(with participant: Participant, restartsICE: Bool = false) {
        guard !participant.usesSingleConnection else {
            if participant.sections.request() { emit(.media(.countSections, of: participant.sid)) }
            return
        }
        perform(participant.offers.request(restartsICE: restartsICE), of: participant)
    }

    func perform(_ step: SubscriberOffers.Step?, of participant: Participant) {
        guard case .makeOffer(let restartsICE) = step else { return }
        emit(.media(.makeOffer(restartsICE: restartsICE), of: participant.sid))
    }
}
