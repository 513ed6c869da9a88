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
            guard let info, info.topic.hasPrefix(.init(Topic.prefix)) else { break }
            feed(.streamFailed(topic: info.topic.text, sender: sender.named, reason: error.description))
        case .reconnecting(let mode, let cause): reconnecting(mode, cause)
        case .warning(let text): log(.warning, text)
        case .disconnected(let reason): finish(reason)
        case .dataEncrypted(let sender):
            log(
                .info,
                "encrypted data of \(sender.identity.isEmpty ? "somebody hidden" : sender.identity.text) is left alone")
        case .trackEncrypted(let track):
            log(.info, "a track of \(track.participantIdentity) is end-to-end encrypted and left alone")
        case .trackSubscribed, .trackMuted, .trackUnsubscribed, .speakers, .subscriptionAllowed: break
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
            .joined(room: RoomFacts(sid: sid, name: info.name.text, metadata: info.metadata), jobMetadata: job.metadata)
        )
    }

    private func isSameRoom(_ info: RoomInfo) -> Bool { info.sid.isEmpty || info.sid == job.room.sid }

    private func connected() {
        guard !isConnected else { return }
        isConnected = true
        if early != nil { begin() } else { feed(.connection(.restored)) }
        for pipeline in pipelines.values { pipeline.update { $0.setConnected(true, at: $1) } }
    }

    private func reconnecting(_ mode: ReconnectMode, _ cause: ReconnectCause) {
        log(.warning, "\(mode == .resume ? "resuming" : "joining again"): \(cause)")
        if mode == .rejoin { onEvent?(.rejoining) }
        resources.telemetry.metrics.reconnects.add(1, mode == .resume ? "resume" : "rejoin")
        guard isConnected else { return }
        isConnected = false
        feed(.connection(.lost))
        for pipeline in pipelines.values { pipeline.update { $0.setConnected(false, at: $1) } }
    }

    // MARK: Participants

    private func update(_ participant: RoomParticipant) {
        let before = participants.updateValue(participant, forKey: participant.identity.text)?.microphone
        let track = participant.microphone
        if let pipeline = pipelines[participant.identity.text], track != before {
            pipeline.update { $0.setTrack(track, at: $1) }
            awaitSound(of: participant.identity.text)
            // Another microphone than the one that is decoded.
            if track?.sid != before?.sid { engine?.reconsiderAudio(of: participant.identity) }
        }
        feed(.participant(ParticipantFacts(participant)))
    }

    private func left(_ participant: RoomParticipant) {
        participants[participant.identity.text] = nil
        removePipeline(of: participant.identity.text)
        feed(.participantLeft(identity: participant.identity.text))
    }

    // MARK: Sound

    /// `nil` unless the participant is listened to: then nothing of it is decoded.
    func sink(for track: SubscribedTrack) -> (@Sendable (AudioFrame) -> Void)? {
        guard let pipeline = pipelines[track.participantIdentity.text],
            participants[track.participantIdentity.text]?.microphone?.sid == track.track.sid
        else { return nil }
        return pipeline.makeSink(trackSID: track.track.sid)
    }

    func listen(to identity: String, enabled: Bool, hasSpoken: Bool, silentSince: Instant?) {
        guard enabled else {
            removePipeline(of: identity)
            engine?.reconsiderAudio(of: Identity(identity))
            return
        }
        guard pipelines[identity] == nil else { return }
        let pipeline = ParticipantPipeline(
            participant: identity, model: resources.model, configuration: pauseConfiguration, hasSpoken: hasSpoken,
            silentSince: silentSince, eventLoop: eventLoop, now: { .onEventLoop })
        pipeline.onSignal = { [weak self] signal in self?.heard(signal) }
        pipelines[identity] = pipeline
        awaitSound(of: identity)
        let (track, isConnected, others) = (participants[identity]?.microphone, isConnected, speakers)
        pipeline.update { core, now in
            core.setConnected(isConnected, at: now)
            core.setTrack(track, at: now)
            for (other, since) in others { core.setOtherVoice(other, isActive: true, at: since) }
        }
        engine?.reconsiderAudio(of: Identity(identity))
    }

    private func removePipeline(of identity: String) {
        guard let pipeline = pipelines.removeValue(forKey: identity) else { return }
        pipeline.stop()
        listenedSince[identity] = nil
        setSpeaking(identity, false, at: now)
    }

    private func heard(_ signal: Signal) {
        switch signal {
        case .voiceBegan(let participant, let instant): setSpeaking(participant, true, at: instant)
        case .voiceEnded(let participant, let instant): setSpeaking(participant, false, at: instant)
        default: break
        }
        feed(.signal(signal, participant: signal.participant))
    }

    /// Tells every other pipeline at once: it decides what of this voice is bleeding into another microphone.
    private func setSpeaking(_ identity: String, _ isActive: Bool, at instant: Instant) {
        guard (speakers[identity] != nil) != isActive else { return }
        speakers[identity] = isActive ? instant : nil
        for (other, pipeline) in pipelines where other != identity {
            pipeline.update { core, _ in core.setOtherVoice(identity, isActive: isActive, at: instant) }
        }
    }

    /// From now on sound is to be heard; not while muted.
    private func awaitSound(of identity: String) {
        listenedSince[identity] = participants[identity]?.microphone?.isMuted == false ? now : nil
    }

    private func heardFirst(_ track: SubscribedTrack) {
        guard let since = listenedSince.removeValue(forKey: track.participantIdentity.text) else { return }
        resources.telemetry.metrics.firstAudio.observe(now - since)
        log(.debug, "first sound of \(track.participantIdentity)")
    }

    // MARK: Data

    private func received(_ user: UserData, _ sender: DataSender) {
        if user.topic == .init(AgentInstance.probeTopic) {
            answer(user, sender)
        } else if user.topic.hasPrefix(.init(Topic.prefix)) {
            feed(
                .packet(topic: user.topic.text, sender: sender.named, payload: Array(user.payload.readableBytesView)))
        }
    }

    /// Another worker asks whether this assistant lives: by an attribute, which it can read without being in the room.
    private func answer(_ user: UserData, _ sender: DataSender) {
        guard sender.identity.isEmpty, user.payload.readableBytes <= 32 else { return }
        engine?.setAttributes([
            .init(AgentInstance.aliveAttribute): String(buffer: user.payload),
            .init(AgentInstance.digestAttribute): resources.board.text,
        ])
    }

    private func received(_ content: DataStreamContent) {
        guard content.info.topic.hasPrefix(.init(Topic.prefix)), let text = content.text else { return }
        feed(
            .text(
                topic: content.info.topic.text, sender: content.info.sender.named,
                attributes: content.info.attributes.plain,
                text: text, streamID: content.info.id))
    }
}

extension DataSender {
    /// `nil` when the server blanked it: then it has no authority.
    fileprivate var named: String? { identity.isEmpty ? nil : identity.text }
}

extension RoomParticipant {
    /// The first microphone that is not end-to-end encrypted; an audio track of unknown source counts as one.
    var microphone: PipelineCore.Track? {
        let usable = tracks.filter { $0.isAudio && !$0.isEncrypted }
        let track = usable.first { $0.source == .microphone } ?? usable.first { $0.source == .unknown }
        return track.map { PipelineCore.Track(sid: $0.sid, isMuted: $0.isMuted) }
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
        self.init(
            identity: participant.identity.text, sid: participant.sid, name: participant.name,
            attributes: participant.attributes.plain, canUpdateMetadata: participant.canUpdateMetadata, kind: kind,
            isHidden: participant.isHidden, isActive: participant.isActive, isPublisher: participant.isPublisher,
            publishesMicrophone: participant.microphone != nil, isMuted: participant.microphone?.isMuted ?? false,
            hasEncryptedTracks: participant.tracks.contains(where: \.isEncrypted))
    }
}
