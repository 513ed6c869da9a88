import NIOCore
import RTCCore
import RTCMedia
import SansIO

/// Video is sent only while somebody looks at it.
extension RoomEngine {
    /// Asks `RoomOptions.videoSink` again about the video tracks of a participant: pictures begin to come where it gives a
    /// sink, with a key frame, also where one was there before (``setVideo(_:of:)`` changes what is wanted of a track
    /// without such a new start), and end where it gives none any more.
    public func reconsiderVideo(of identity: Identity) {
        for participant in registry.bySID.values where participant.identity == identity {
            for track in participant.tracks where !track.isAudio && isWanted(track) {
                look(
                    at: SubscribedTrack(
                        track: track, participantSID: participant.sid, participantIdentity: participant.identity))
            }
        }
        reschedule()
    }

    /// Wants more or less of a track that is looked at.
    public func setVideo(_ setting: VideoSetting, of sid: String) {
        guard let remote = video[sid] else { return }
        remote.set(setting)
        tell(setting, of: sid)
    }

    /// Tells that a frame of a track could not be decoded: a key frame is asked for, and none but it is handed out next.
    public func videoDecodingFailed(of sid: String) {
        video[sid]?.decodingFailed(at: Instant(eventLoop.now))
        reschedule()
    }

    /// Asks for a key frame of a track, since frames of it were passed over: none but it is handed out next.
    public func videoNeedsKeyFrame(of sid: String) {
        video[sid]?.needsKeyFrame(at: Instant(eventLoop.now))
        reschedule()
    }

    /// What has become of the packets and frames of a track that is looked at, since its present source began.
    public func videoStatistics(of sid: String) -> VideoReceiveStatistics? { video[sid]?.receiver?.statistics }

    // MARK: Which tracks

    /// Decides about tracks that are new, and lets go of those that are gone or encrypted now.
    func considerVideo(_ participant: RoomParticipant) {
        let tracks = participant.tracks.filter { !$0.isAudio && isWanted($0) }
        for (sid, remote) in video where remote.subscribed.participantSID == participant.sid {
            if !tracks.contains(where: { $0.sid == sid }) { video[sid] = nil }
        }
        for track in tracks where videoTold[track.sid] == nil {
            let subscribed = SubscribedTrack(
                track: track, participantSID: participant.sid, participantIdentity: participant.identity)
            // In a new session the server is told anew of what is looked at.
            if let known = video[track.sid] { tell(known.sink.setting, of: track.sid) } else { look(at: subscribed) }
        }
    }

    func forgetVideo(of participant: RoomParticipant) {
        for (sid, remote) in video where remote.subscribed.participantSID == participant.sid { video[sid] = nil }
        for track in participant.tracks { videoTold[track.sid] = nil }
    }

    private func look(at track: SubscribedTrack) {
        let sid = track.track.sid
        let sink = options.videoSink(track)
        if let sink { assemble(track, into: sink) } else { video[sid] = nil }
        tell(sink?.setting, of: sid)
    }

    /// Puts a track's frames together from the next packet on.
    package func assemble(_ track: SubscribedTrack, into sink: VideoSink) {
        video[track.track.sid] = RemoteVideo(subscribed: track, sink: sink) { [weak self] source in
            self?.requestKeyFrame(of: source)
        }
    }

    /// Says what is wanted of a track, unless the server knows.
    private func tell(_ setting: VideoSetting?, of sid: String) {
        let request = VideoSetting.request(setting, of: sid)
        guard videoTold[sid] != request else { return }
        let knewIt = videoTold.updateValue(request, forKey: sid)
        if !options.signal.autoSubscribe, (knewIt?.disabled ?? true) != (setting == nil) {
            signal.send(
                .with {
                    $0.subscription.trackSids = [sid]
                    $0.subscription.subscribe = setting != nil
                })
        }
        signal.send(.with { $0.trackSetting = request })
    }

    private func requestKeyFrame(of ssrc: UInt32) {
        guard let driver = transports?.subscriber ?? transports?.publisher else { return }
        driver.perform { connection, now in connection.sendPictureLossIndication(mediaSSRC: ssrc, at: now) }
    }

    // MARK: Packets

    /// The looked-at track of a section, with the formats that it may come in.
    private func watched(mid: String) -> (video: RemoteVideo, formats: [VideoFormat])? {
        guard let sid = sidOfSection[mid], let remote = video[sid], let track = remoteTracks[mid] else { return nil }
        return (remote, Array(track.codecs.lazy.compactMap { VideoFormat($0) }.prefix(VideoReceiver.mostFormats)))
    }

    func receiveVideo(_ packet: consuming ReceivedRTP) {
        let source = packet.packet.header.ssrc
        if let known = seen[source], known.mid == packet.mid {
            known.video.receive(packet, formats: known.formats)
            return hasten(to: known.video.deadline)
        }
        guard let (remote, formats) = watched(mid: packet.mid) else { return }
        if seen.count >= Self.mostHeard { seen = [:] }
        seen[source] = (packet.mid, remote, formats)
        remote.receive(packet, formats: formats)
        hasten(to: remote.deadline)
    }

    func receive(_ padding: ReceivedPadding) {
        guard padding.kind == .video, let remote = watched(mid: padding.mid)?.video else { return }
        remote.receive(padding)
        hasten(to: remote.deadline)
    }

    func packetsGivenUp(_ packets: GivenUpPackets) {
        guard packets.kind == .video else { return }
        watched(mid: packets.mid)?.video.packetsGivenUp(packets, at: Instant(eventLoop.now))
    }
}
