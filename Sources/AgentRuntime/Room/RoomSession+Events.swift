import LiveKit
import NIOCore
import Perception
import RTCMedia
import SansIO
import Session
import Wire

/// What LiveKit says, in the session's terms.
extension RoomSession {
    func handle(_ event: RoomEvent) {
        switch event {
        case .joined(let info, _, let isRejoin): joined(info, isRejoin: isRejoin)
        case .ready: connected()
        case .resumed: connected()
        case .roomUpdated(let info):
            guard isSameRoom(info) else { return stop(.roomReplaced) }
            feed(.roomMetadata(info.metadata))
        case .participantJoined(let participant), .participantUpdated(let participant): update(participant)
        case .participantLeft(let participant): left(participant)
        case .firstAudio(let track): heardFirst(track)
        case .data(let user, let sender): received(user, sender)
        case .stream(let content): received(content)
        case .streamFailed(let info, let sender, let error):
            guard let info, info.topic.hasPrefix(Topic.prefix) else { break }
            feed(.streamFailed(topic: info.topic, sender: sender.named, WireError(error)))
        case .dataRefused(let sender): feed(.tooMuch(sender: sender.named))
        case .delivered(let receipt, let sentAt): feed(.sent(messageID: receipt, at: sentAt))
        case .undelivered(let receipt): feed(.sendUnknown(messageID: receipt))
        case .reconnecting(let mode, let cause): reconnecting(mode, cause)
        case .warning(let text): log(.warning, text)
        case .disconnected(let reason): finish(reason)
        case .dataEncrypted(let sender):
            // Once a sender, and not of any number of them: it comes with every packet.
            guard encryptedOf.count < Self.mostEncryptedTold, encryptedOf.insert(sender).inserted else { break }
            log(
                .info,
                "encrypted data of \(sender.identity.isEmpty ? "somebody hidden" : sender.identity.text) is left alone")
        case .trackEncrypted(let track):
            if track.track.source == .camera { resources.telemetry.metrics.camerasUnseen.add(1, "encrypted", "") }
            log(
                .info, of: track.participantIdentity,
                "a track of \(track.participantIdentity) is end-to-end encrypted and left alone")
        case .trackSubscribed(let track): tryAgain(cameraOf: track)
        case .trackMuted, .trackUnsubscribed, .speakers, .subscriptionAllowed: break
        }
    }

    private func joined(_ info: RoomInfo, isRejoin: Bool) {
        // Another sid is another room of the same name: a server that was restarted. Its own dispatch covers it.
        guard isSameRoom(info) else { return stop(.roomReplaced) }
        if !hasJoined {
            hasJoined = true
            restore()
            resources.telemetry.metrics.join.observe(now - job.offeredAt)
            onEvent?(.joined)
        } else if isRejoin {
            onEvent?(.rejoined)
        }
        let sid = info.sid.isEmpty ? job.room.sid : info.sid
        log(.info, isRejoin ? "joined again" : "joined")
        feed(
            .joined(room: RoomFacts(sid: sid, name: info.name, metadata: info.metadata), jobMetadata: job.metadata)
        )
    }

    private func isSameRoom(_ info: RoomInfo) -> Bool { info.sid.isEmpty || info.sid == job.room.sid }

    private func connected() {
        guard !isConnected else { return }
        isConnected = true
        if early != nil { begin() } else { feed(.connection(.restored)) }
        perceive(.connection(isUp: true))
    }

    private func reconnecting(_ mode: ReconnectMode, _ cause: ReconnectCause) {
        log(.warning, "\(mode == .resume ? "resuming" : "joining again"): \(cause)")
        if mode == .rejoin { onEvent?(.rejoining) }
        resources.telemetry.metrics.reconnects.add(1, mode == .resume ? "resume" : "rejoin")
        guard isConnected else { return }
        isConnected = false
        wasAlive()
        feed(.connection(.lost))
        perceive(.connection(isUp: false))
    }

    // MARK: Participants

    private func update(_ participant: RoomParticipant) {
        let identity = participant.identity
        let former = participants.updateValue(participant, forKey: identity)
        let before = former?.microphones ?? []
        let microphones = participant.microphones
        if microphones != before {
            perceive(.microphones(identity, microphones))
            awaitSound(of: identity)
            // Other microphones than those that are decoded.
            if listened.contains(identity), microphones.map(\.sid) != before.map(\.sid) {
                engine?.reconsiderAudio(of: identity)
            }
        }
        updateCameras(of: participant, before: former)
        feed(.participant(ParticipantFacts(participant)))
    }

    private func left(_ participant: RoomParticipant) {
        let identity = participant.identity
        participants[identity] = nil
        listened.remove(identity)
        listenedSince[identity] = nil
        leftCameras(of: identity)
        perceive(.left(identity))
        feed(.participantLeft(identity: identity))
    }

    // MARK: Sound

    /// `nil` unless the participant is listened to: then nothing of it is decoded.
    func sink(for track: SubscribedTrack) -> (@Sendable ([AudioFrame]) -> Void)? {
        let (identity, sid) = (track.participantIdentity, track.track.sid)
        guard let mailbox = engine?.mailbox, listened.contains(identity),
            participants[identity]?.microphones.contains(where: { $0.sid == sid }) == true
        else { return nil }
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        let tap = VoiceTap(model: resources.model) { pieces in
            mailbox.post {
                for piece in pieces { bound.value.session?.perceive(.sound(identity, track: sid, piece)) }
            }
        }
        return { frames in tap.receive(frames) }
    }

    func listen(to identity: Identity, enabled: Bool, hasSpoken: Bool, silentSince: Instant?) {
        if enabled {
            guard listened.insert(identity).inserted else { return }
            perceive(.listen(identity, hasSpoken: hasSpoken, silentSince: silentSince))
        } else {
            listened.remove(identity)
            perceive(.ignore(identity))
        }
        awaitSound(of: identity)
        engine?.reconsiderAudio(of: identity)
    }

    /// From now on sound is to be heard; not while muted.
    private func awaitSound(of identity: Identity) {
        let isAwaited =
            listened.contains(identity) && participants[identity]?.microphones.contains { !$0.isMuted } == true
        listenedSince[identity] = isAwaited ? now : nil
    }

    private func heardFirst(_ track: SubscribedTrack) {
        guard let since = listenedSince.removeValue(forKey: track.participantIdentity) else { return }
        resources.telemetry.metrics.firstAudio.observe(now - since)
        log(.debug, of: track.participantIdentity, "first sound of \(track.participantIdentity)")
    }

    // MARK: Data

    private func received(_ user: UserData, _ sender: DataSender) {
        if user.topic == AgentInstance.probeTopic {
            answer(user, sender)
        } else if user.topic == AgentInstance.foretellTopic {
            takeWord(user, sender)
        } else if user.topic.hasPrefix(Topic.prefix) {
            feed(.packet(topic: user.topic, sender: sender.named, payload: Array(user.payload.readableBytesView)))
        }
    }

    /// Another worker asks whether this assistant lives: by an attribute, which it can read without being in the room.
    /// It asks through the server's API, which no participant can: those have a sid. The server tells everybody of each
    /// answer, so there are not many.
    private func answer(_ user: UserData, _ sender: DataSender) {
        guard sender.identity.isEmpty, sender.sid.isEmpty, user.payload.readableBytes <= 32 else { return }
        if now - probes.since >= .seconds(1) { (probes.since, probes.count) = (now, 0) }
        guard probes.count < Self.mostProbes else { return }
        probes.count += 1
        probes.answer = PeerWatch.answer(String(buffer: user.payload), after: probes.answer)
        engine?.setAttributes([
            AgentInstance.aliveAttribute: probes.answer,
            AgentInstance.digestAttribute: resources.board.text,
        ])
    }

    /// Another worker says which rooms of a dead one it has dispatched anew: through the server's API too.
    private func takeWord(_ user: UserData, _ sender: DataSender) {
        guard sender.identity.isEmpty, sender.sid.isEmpty,
            user.payload.readableBytes <= WorkerBoard.mostBytesForetold
        else { return }
        resources.board.foretell(String(buffer: user.payload))
    }

    private func received(_ content: DataStreamContent) {
        guard content.info.topic.hasPrefix(Topic.prefix) else { return }
        if content.info.topic == Topic.frame, content.text == nil { return receivedPicture(content) }
        guard let text = content.text else {
            let error = WireError(
                .wrongMessage, "this topic is read from text streams and packets, not from byte streams")
            return feed(.streamFailed(topic: content.info.topic, sender: content.info.sender.named, error))
        }
        feed(
            .text(
                topic: content.info.topic, sender: content.info.sender.named, attributes: content.info.attributes,
                text: text, streamID: content.info.id))
    }
}

extension WireError {
    /// A stream that did not arrive whole.
    init(_ error: DataStreamError) {
        let code: Code =
            switch error {
            case .tooLarge, .idTooLong: .tooLarge
            case .invalidUTF8: .notUTF8
            case .tooManyStreams, .memoryExhausted: .tooMuch
            default: .brokenStream
            }
        self.init(code, error.description)
    }
}

extension DataSender {
    /// `nil` when the server blanked it: then it has no authority.
    fileprivate var named: Identity? { identity.isEmpty ? nil : identity }
}

extension RoomParticipant {
    /// All microphones that are not end-to-end encrypted, and then audio tracks of unknown source, which count as such:
    /// agents and SIP bridges name none.
    var microphones: [Microphone] {
        let usable = tracks.filter { $0.isAudio && !$0.isEncrypted }
        let ordered = usable.filter { $0.source == .microphone } + usable.filter { $0.source == .unknown }
        return ordered.prefix(ParticipantPerception.mostMicrophones).map {
            Microphone(sid: $0.sid, isMuted: $0.isMuted)
        }
    }
}

extension ParticipantFacts {
    init(_ participant: RoomParticipant) {
        let kind: Kind =
            switch participant.kind {
            case .standard: .standard
            case .agent: .agent
            case .service: .service
            }
        let microphones = participant.microphones
        self.init(
            identity: participant.identity, sid: participant.sid, name: participant.name,
            attributes: participant.attributes, canUpdateMetadata: participant.canUpdateMetadata, kind: kind,
            isHidden: participant.isHidden, isActive: participant.isActive, isPublisher: participant.isPublisher,
            publishesMicrophone: !microphones.isEmpty,
            isMuted: !microphones.isEmpty && microphones.allSatisfy(\.isMuted),
            publishesCamera: !participant.cameras.isEmpty, showsCamera: participant.shownCamera != nil,
            hasEncryptedTracks: participant.tracks.contains(where: \.isEncrypted))
    }
}
