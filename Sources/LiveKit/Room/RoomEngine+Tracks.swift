import NIOCore
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO

extension RoomEngine {
    // MARK: Participants

    func handleParticipant(_ event: RoomEvent) {
        switch event {
        case .participantJoined(let participant), .participantUpdated(let participant):
            data.senderJoined(sid: participant.sid, identity: participant.identity, at: Instant(eventLoop.now))
            forgetGoneTracks()
            declineUnwanted(participant)
            considerVideo(participant)
            emit(event)
            updateMutes(participant)
            drainData()
        case .participantLeft(let participant):
            data.senderLeft(sid: participant.sid, at: Instant(eventLoop.now))
            declined.subtract(participant.tracks.map(\.sid))
            forgetVideo(of: participant)
            drainData()
            emit(event)
        default: emit(event)
        }
    }

    /// What the server was told of tracks that are no more is of no use, and somebody who publishes again and again makes
    /// ever more of them.
    private func forgetGoneTracks() {
        guard max(declined.count, videoTold.count) >= tidiesTracksAt else { return }
        let present = Set(registry.tracks.map(\.sid))
        declined.formIntersection(present)
        videoTold = videoTold.filter { present.contains($0.key) }
        tidiesTracksAt = max(64, 2 * present.count)
    }

    /// Whether a track is received at all.
    func isWanted(_ track: RoomTrack) -> Bool {
        !track.isEncrypted && (track.isAudio ? options.receivesAudio : options.receivesVideo)
    }

    /// Says at once which tracks are not to be sent to us. The server subscribes by itself, so that what is wanted
    /// needs no round trip.
    ///
    /// They stay subscribed: over a single peer connection, livekit-server (1.11 and later) asks for ever for the section
    /// of a track that was unsubscribed before it had one.
    func declineUnwanted(_ participant: RoomParticipant) {
        let fresh = participant.tracks.filter { !isWanted($0) && declined.insert($0.sid).inserted }
        guard !fresh.isEmpty, options.signal.autoSubscribe else { return }
        signal.send(
            .with {
                $0.trackSetting.trackSids = fresh.map(\.sid)
                $0.trackSetting.disabled = true
            })
        for track in fresh where track.isEncrypted {
            emit(
                .trackEncrypted(
                    SubscribedTrack(
                        track: track, participantSID: participant.sid, participantIdentity: participant.identity)))
        }
    }

    private func updateMutes(_ participant: RoomParticipant) {
        for track in participant.tracks where video[track.sid] != nil {
            guard let remote = video[track.sid], remote.subscribed.track.isMuted != track.isMuted else { continue }
            remote.setMuted(track.isMuted, at: Instant(eventLoop.now))
            emit(.trackMuted(remote.subscribed))
        }
        for track in participant.tracks {
            guard let remote = audio[track.sid], remote.subscribed.track.isMuted != track.isMuted else { continue }
            remote.setMuted(track.isMuted, at: Instant(eventLoop.now))
            emit(.trackMuted(remote.subscribed))
        }
    }

    // MARK: Tracks

    /// Nothing is sent in a section of ours any more.
    func endSection(of transceiver: TransceiverID?) {
        guard let transceiver, let transports else { return }
        transports.publisher.perform { connection, _ in
            // One that is not there any more has nothing to end.
            try? connection.setTrack(nil, direction: .inactive, on: transceiver)
        }
        transports.offer()
    }

    func announced(_ track: RemoteTrack) {
        if let old = remoteTracks.updateValue(track, forKey: track.mid), sidOfSection[track.mid] != nil {
            unsubscribed(old)
        }
        subscribe(track)
    }

    func withdrawn(_ track: RemoteTrack) {
        guard remoteTracks[track.mid]?.isSame(as: track) == true else { return }
        remoteTracks[track.mid] = nil
        unsubscribed(track)
    }

    /// Tries again for tracks that arrived before the server told whose they are.
    func subscribePending() {
        for track in remoteTracks.values where sidOfSection[track.mid] == nil { subscribe(track) }
    }

    private func subscribe(_ track: RemoteTrack) {
        guard let sid = transports?.trackSID(of: track), let subscribed = registry.track(sid),
            isWanted(subscribed.track)
        else { return }
        sidOfSection[track.mid] = sid
        if track.kind == .audio, let sink = options.audioSink(subscribed) {
            decode(subscribed, into: sink)
        }
        emit(.trackSubscribed(subscribed))
    }

    /// Decodes a track from the next packet on.
    package func decode(_ subscribed: SubscribedTrack, into sink: @escaping @Sendable ([AudioFrame]) -> Void) {
        let bound = NIOLoopBound(WeakEngine(engine: self), eventLoop: eventLoop)
        let eventLoop = eventLoop
        let rejected = options.audioRejected
        audio[subscribed.track.sid] = RemoteAudio(
            subscribed: subscribed, pool: options.pool, sharedReading: options.sharedReading,
            sharedWake: options.sharedAudioWake, sink: sink,
            onFirstFrame: { eventLoop.execute { bound.value.engine?.emit(.firstAudio(subscribed)) } },
            onRejected: { rejected(subscribed) })
    }

    func unsubscribed(_ track: RemoteTrack) {
        guard let sid = sidOfSection.removeValue(forKey: track.mid) else { return }
        video[sid]?.ended()
        let subscribed = audio.removeValue(forKey: sid)?.subscribed ?? registry.track(sid)
        if let subscribed { emit(.trackUnsubscribed(subscribed)) }
    }

    func receive(_ packet: consuming ReceivedRTP) {
        let source = packet.packet.header.ssrc
        if let known = heard[source], known.mid == packet.mid {
            known.audio.receive(packet, codecs: known.codecs)
            return hasten(to: known.audio.deadline)
        }
        if packet.kind == .video { return receiveVideo(packet) }
        guard let sid = sidOfSection[packet.mid], let remote = audio[sid],
            let track = remoteTracks[packet.mid]
        else { return }
        if heard.count >= Self.mostHeard { heard = [:] }
        heard[source] = (packet.mid, remote, track.codecs)
        remote.receive(packet, codecs: track.codecs)
        hasten(to: remote.deadline)
    }

    /// - Returns: the payload, where it is not known whose it is.
    package func receive(_ media: IncomingMedia, payload: consuming ByteBuffer) -> ByteBuffer? {
        if let audio = heard[media.ssrc]?.audio, audio.follows(media) {
            audio.receive(media, payload: payload)
            hasten(to: audio.deadline)
            return nil
        }
        guard let video = seen[media.ssrc]?.video, video.follows(media) else { return payload }
        video.receive(media, payload: payload)
        hasten(to: video.deadline)
        return nil
    }

    /// Sources that are remembered: more than a connection keeps.
    static let mostHeard = 128

    private struct WeakEngine {
        weak var engine: RoomEngine?
    }
}

extension RemoteTrack {
    fileprivate func isSame(as other: RemoteTrack) -> Bool {
        mid == other.mid && trackID == other.trackID && streamID == other.streamID && ssrc == other.ssrc
    }
}
