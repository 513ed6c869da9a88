import LiveKit
import SansIO

extension ServerCore {
    // MARK: Publishing

    func addTrack(_ request: Livekit_AddTrackRequest, of participant: Participant, at now: Instant) {
        let refusal: Livekit_RequestResponse.Reason? =
            if !participant.mayPublish(request.source) {
                .notAllowed
            } else if request.type != .audio && request.type != .video {
                .unsupportedType
            } else if participant.pending.count >= rules.maximumPendingTracks {
                .limitExceeded
            } else if (participant.pending + participant.published).contains(where: { $0.clientID == request.cid }) {
                .queued
            } else {
                nil
            }
        if let refusal { return respond(refusal, to: 0, .addTrack(request), of: participant) }
        let info = trackInfo(for: request, at: now)
        // A second one is a backup, which nobody is asked for here.
        let codec = request.simulcastCodecs.first.map(\.codec).flatMap { $0.isEmpty ? nil : $0 }
        participant.pending.append(Participant.PublishedTrack(info: info, clientID: request.cid, codec: codec))
        var response = Livekit_TrackPublishedResponse()
        response.cid = request.cid
        response.track = info
        send(.trackPublished(response), to: participant)
    }

    private func trackInfo(for request: Livekit_AddTrackRequest, at now: Instant) -> Livekit_TrackInfo {
        var info = Livekit_TrackInfo()
        info.sid = sids.makeTrack(request.type, request.source)
        info.type = request.type
        info.name = request.name
        info.muted = request.muted
        info.width = request.width
        info.height = request.height
        info.simulcast = request.layers.count > 1
        info.disableDtx = request.disableDtx
        info.source = request.source
        info.layers = request.layers
        info.stereo = request.stereo
        info.disableRed = request.disableRed
        info.encryption = request.encryption
        info.stream = request.stream.isEmpty ? Self.streamName(of: request.source) : request.stream
        info.version.unixMicro = nanoseconds(at: now) / 1000
        info.audioFeatures = request.audioFeatures
        info.backupCodecPolicy = request.backupCodecPolicy
        info.packetTrailerFeatures = request.packetTrailerFeatures
        var codec = Livekit_SimulcastCodecInfo()
        codec.cid = request.cid
        codec.layers = request.layers
        if let name = request.simulcastCodecs.first?.codec, !name.isEmpty {
            codec.mimeType = "\(request.type == .video ? "video" : "audio")/\(name.uppercased())"
        }
        info.codecs = [codec]
        return info
    }

    /// Tracks that belong together are played in step.
    private static func streamName(of source: Livekit_TrackSource) -> String {
        switch source {
        case .camera, .microphone: "camera"
        case .screenShare, .screenShareAudio: "screen_share"
        default: ""
        }
    }

    func trackAnnounced(
        mid: String, clientID: String, isVideo: Bool, of participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        let type = isVideo ? Livekit_TrackType.video : .audio
        // A browser may name its track otherwise in the description: then the kind has to do.
        let index =
            participant.pending.firstIndex { $0.mid == nil && $0.clientID == clientID }
            ?? participant.pending.firstIndex { $0.mid == nil && $0.info.type == type }
        guard let index else { return }
        participant.pending[index].mid = mid
        // A muted track sends nothing that could be waited for.
        if participant.pending[index].info.muted {
            emit(.media(.setMuted(mid: mid, true), of: participant.sid))
            publish(at: index, mimeType: "", of: participant, in: room, at: now)
        }
    }

    func trackStarted(mid: String, mimeType: String, of participant: Participant, in room: HostedRoom, at now: Instant)
    {
        if let index = participant.pending.firstIndex(where: { $0.mid == mid }) {
            publish(at: index, mimeType: mimeType, of: participant, in: room, at: now)
        } else if let index = participant.published.firstIndex(where: { $0.mid == mid && $0.info.mimeType.isEmpty }) {
            participant.published[index].info.setMimeType(mimeType)
            participant.version &+= 1
            announce(participant, in: room, at: now)
        }
    }

    private func publish(
        at index: Int, mimeType: String, of participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        let isFirst = participant.published.isEmpty
        var track = participant.pending.remove(at: index)
        track.info.mid = track.mid ?? ""
        track.info.setMimeType(mimeType)
        participant.published.append(track)
        participant.version &+= 1
        announce(participant, in: room, at: now)
        roomChanged(room, at: now)
        for other in room.participants where other !== participant {
            subscribe(other, to: track, of: participant, in: room)
        }
        if isFirst { launchParticipantJobs(for: participant, in: room, type: .jtPublisher, at: now) }
    }

    func trackEnded(mid: String, of participant: Participant, in room: HostedRoom, at now: Instant) {
        for index in participant.pending.indices where participant.pending[index].mid == mid {
            participant.pending[index].mid = nil
        }
        guard let index = participant.published.firstIndex(where: { $0.mid == mid }) else { return }
        let track = participant.published.remove(at: index)
        unsubscribeAll(from: track.info.sid, in: room)
        var response = Livekit_TrackUnpublishedResponse()
        response.trackSid = track.info.sid
        if participant.join.protocolLevel > 6 { send(.trackUnpublished(response), to: participant) }
        participant.version &+= 1
        announce(participant, in: room, isImmediate: true, at: now)
        roomChanged(room, at: now)
    }

    /// - Returns: the track as it is now; `nil` when there is none of that sid.
    @discardableResult
    func mute(
        _ sid: TrackSID, _ isMuted: Bool, of participant: Participant, in room: HostedRoom, at now: Instant
    ) -> Livekit_TrackInfo? {
        if let index = participant.pending.firstIndex(where: { $0.info.sid == sid }) {
            participant.pending[index].info.muted = isMuted
            if let mid = participant.pending[index].mid {
                emit(.media(.setMuted(mid: mid, isMuted), of: participant.sid))
            }
            return participant.pending[index].info
        }
        guard let index = participant.published.firstIndex(where: { $0.info.sid == sid }) else { return nil }
        if participant.published[index].info.muted != isMuted {
            participant.published[index].info.muted = isMuted
            if let mid = participant.published[index].mid {
                emit(.media(.setMuted(mid: mid, isMuted), of: participant.sid))
            }
            participant.version &+= 1
            announce(participant, in: room, at: now)
        }
        return participant.published[index].info
    }

    // MARK: Subscribing

    /// Subscribes to a track if its setting says so. It is forwarded once the client can be told of it.
    func subscribe(
        _ subscriber: Participant, to track: Participant.PublishedTrack, of publisher: Participant, in room: HostedRoom
    ) {
        let sid = track.info.sid
        guard subscriber !== publisher, subscriber.permission.canSubscribe, subscriber.subscription(sid) == nil,
            subscriber.wishes[sid] ?? subscriber.join.subscribesAutomatically, let mid = track.mid
        else { return }
        var update = Livekit_SubscriptionPermissionUpdate()
        update.participantSid = publisher.sid
        update.trackSid = sid
        update.allowed = true
        send(.subscriptionPermissionUpdate(update), to: subscriber)
        let forwarded = ForwardedTrack(
            sid: sid, publisher: publisher.sid, publisherMID: mid, isVideo: track.info.type == .video,
            isEncrypted: track.info.encryption != .none)
        subscriber.subscriptions.append(
            Participant.Subscription(
                track: forwarded, isPaused: subscriber.settings[sid]?.pauses ?? false,
                wish: subscriber.settings[sid].map { VideoWish($0, of: track.info) } ?? .everything))
        forwardSubscriptions(of: subscriber, in: room)
    }

    /// Hands the media plane what it has not been told yet, and offers it.
    func forwardSubscriptions(of subscriber: Participant, in room: HostedRoom) {
        guard subscriber.isReadyForTracks else { return }
        var isChanged = false
        for index in subscriber.subscriptions.indices where !subscriber.subscriptions[index].isForwarded {
            subscriber.subscriptions[index].isForwarded = true
            isChanged = true
            let subscription = subscriber.subscriptions[index]
            emit(.media(.subscribe(subscription.track), of: subscriber.sid))
            if subscription.isPaused { emit(.media(.setPaused(subscription.track.sid, true), of: subscriber.sid)) }
            if subscription.wish != .everything {
                emit(.media(.setWish(subscription.track.sid, subscription.wish), of: subscriber.sid))
            }
            if !subscriber.isHidden { tellPublisher(of: subscription.track, in: room) }
        }
        if isChanged { negotiate(with: subscriber) }
    }

    private func tellPublisher(of track: ForwardedTrack, in room: HostedRoom) {
        guard let publisher = room.participant(sid: track.publisher),
            let index = publisher.published.firstIndex(where: { $0.info.sid == track.sid }),
            !publisher.published[index].wasAnnouncedToPublisher
        else { return }
        publisher.published[index].wasAnnouncedToPublisher = true
        var message = Livekit_TrackSubscribed()
        message.trackSid = track.sid
        send(.trackSubscribed(message), to: publisher)
    }

    func unsubscribe(_ subscriber: Participant, from sid: TrackSID) {
        guard let index = subscriber.subscriptions.firstIndex(where: { $0.track.sid == sid }) else { return }
        let subscription = subscriber.subscriptions.remove(at: index)
        guard subscription.isForwarded else { return }
        emit(.media(.unsubscribe(sid), of: subscriber.sid))
    }

    func unsubscribeAll(from sid: TrackSID, in room: HostedRoom) {
        for subscriber in room.participants { unsubscribe(subscriber, from: sid) }
    }

    func updateSubscription(_ update: Livekit_UpdateSubscription, of subscriber: Participant, in room: HostedRoom) {
        for sid in update.trackSids + update.participantTracks.flatMap(\.trackSids) {
            subscriber.wishes[sid] = update.subscribe
            if !update.subscribe {
                unsubscribe(subscriber, from: sid)
            } else if let (publisher, track) = room.track(sid) {
                subscribe(subscriber, to: track, of: publisher, in: room)
            }
        }
    }
}

extension Participant {
    func subscription(_ sid: TrackSID) -> Subscription? { subscriptions.first { $0.track.sid == sid } }
}

extension Livekit_TrackInfo {
    fileprivate mutating func setMimeType(_ type: String) {
        mimeType = type
        for index in codecs.indices {
            codecs[index].mimeType = type
            codecs[index].mid = mid
        }
    }
}
