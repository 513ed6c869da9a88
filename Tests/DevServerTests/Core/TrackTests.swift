import LiveKit
import SansIO
import Testing

@testable import DevServer

@Suite struct TrackTests {
    @Test("a track is announced with its sid, and told to the others when its first packet came")
    func publishing() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        world.pass(.seconds(5))
        _ = world.news(candidate)
        _ = world.news(observer)
        world.send(
            .addTrack(
                .with {
                    $0.cid = "x"; $0.type = .audio; $0.source = .microphone
                }), from: candidate)
        guard case .trackPublished(let published)? = world.news(candidate).last else { throw Missing() }
        #expect(published.cid == "x" && published.track.sid.hasPrefix("TR_AM"))
        world.media(.trackAnnounced(mid: "3", clientID: "x", isVideo: false), of: candidate)
        #expect(world.updates(observer).isEmpty)
        world.media(.trackStarted(mid: "3", mimeType: "audio/red"), of: candidate)
        let info = try #require(world.updates(observer).last)
        #expect(info.isPublisher && info.tracks.map(\.sid) == [published.track.sid] && info.tracks[0].mid == "3")
        #expect(world.news(candidate).contains { $0.name == "trackSubscribed" })
        let subscribed = world.commands.contains { sid, command in
            guard case .subscribe(let track) = command else { return false }
            return sid == observer.sid && track.publisherMID == "3" && track.publisher == candidate.sid
        }
        #expect(subscribed)
    }

    @Test("a track that is muted from the start is told without a packet")
    func mutedFromTheStart() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        world.publish(candidate, muted: true)
        #expect(world.updates(observer).last?.tracks.first?.muted == true)
        world.media(.trackStarted(mid: "0", mimeType: "audio/opus"), of: candidate)
        #expect(world.updates(observer).last?.tracks.first?.mimeType == "audio/opus")
    }

    @Test("mute is told with a higher version, and only when it changed")
    func muting() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        let track = world.publish(candidate)
        let before = try #require(world.updates(observer).last).version
        world.send(
            .mute(
                .with {
                    $0.sid = track; $0.muted = true
                }), from: candidate)
        world.send(
            .mute(
                .with {
                    $0.sid = track; $0.muted = true
                }), from: candidate)
        let updates = world.updates(observer)
        #expect(updates.count == 1)
        #expect(updates.first?.version == before + 1 && updates.first?.tracks.first?.muted == true)
        let muted = try world.perform { (core, now) throws(TwirpError) in
            try core.mutePublishedTrack(
                .with {
                    $0.room = "r"; $0.identity = "candidate"; $0.trackSid = track; $0.muted = true
                }, at: now)
        }
        #expect(muted.track.sid == track)
        #expect(world.news(candidate).last?.name == "mute")
    }

    @Test("a mute is carried out where packets are forwarded, once, also of a track that was not heard of yet")
    func mutingTheMedia() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let track = world.publish(candidate, mid: "0")
        for isMuted in [true, true, false] {
            world.send(
                .mute(
                    .with {
                        $0.sid = track; $0.muted = isMuted
                    }), from: candidate)
        }
        world.publish(candidate, mid: "1", cid: "early", muted: true)
        let orders = world.commands.compactMap { sid, command -> String? in
            if sid == candidate.sid, case .setMuted(let mid, let isMuted) = command { "\(mid) \(isMuted)" } else { nil }
        }
        #expect(orders == ["0 true", "0 false", "1 true"])
    }

    @Test("an unsubscribed section is offered once the media plane has freed it")
    func sectionsAreFreedFirst() throws {
        let world = try World()
        world.freesSections = false
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        let track = world.publish(candidate)
        world.pass(.seconds(1))
        _ = world.news(observer)
        world.send(.subscription(.with { $0.trackSids = [track] }), from: observer)
        world.pass(.seconds(1))
        #expect(!world.news(observer).contains { $0.name == "offer" })
        world.media(.unsubscribed(track), of: observer)
        #expect(world.news(observer).contains { $0.name == "offer" })
    }

    @Test("an unpublished track is taken from the list and from its subscribers; its section carries the next one")
    func unpublishing() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        let first = world.publish(candidate)
        world.pass(.seconds(1))
        _ = world.news(observer)
        world.media(.trackEnded(mid: "0"), of: candidate)
        world.pass(.seconds(1))
        let news = world.news(observer)
        #expect(news.contains { if case .update(let u) = $0 { u.participants[0].tracks.isEmpty } else { false } })
        #expect(news.contains { if case .offer(let o) = $0 { o.midToTrackID.isEmpty } else { false } })
        #expect(world.news(candidate).contains { $0.name == "trackUnpublished" })
        let second = world.publish(candidate, cid: "again")
        #expect(second != first && !second.isEmpty)
        #expect(world.updates(observer).last?.tracks.map(\.sid) == [second])
    }

    @Test("subscriptions can be ended, begun again and begun by hand")
    func subscriptions() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let track = world.publish(candidate)
        let manual = world.join("manual") { request, _ in request.subscribesAutomatically = false }
        world.pass(.seconds(1))
        #expect(subscriptions(world, manual).isEmpty)
        world.send(
            .subscription(
                .with {
                    $0.trackSids = [track]; $0.subscribe = true
                }), from: manual)
        #expect(subscriptions(world, manual) == [track])
        #expect(world.news(manual).contains { $0.name == "subscriptionPermissionUpdate" })
        world.send(
            .subscription(
                .with {
                    $0.trackSids = [track]; $0.subscribe = false
                }), from: manual)
        #expect(subscriptions(world, manual).isEmpty)
        // The wish outlives the track.
        world.send(
            .subscription(
                .with {
                    $0.participantTracks = [
                        .with {
                            $0.participantSid = candidate.sid; $0.trackSids = [track]
                        }
                    ]
                    $0.subscribe = true
                }), from: manual)
        #expect(subscriptions(world, manual) == [track])
    }

    private func subscriptions(_ world: World, _ client: World.Client) -> [TrackSID] {
        world.core.rooms["r"]?.participant(sid: client.sid)?.subscriptions.map(\.track.sid) ?? []
    }

    @Test("a subscription may be disabled, also before the track is there")
    func disabling() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        let track = world.publish(candidate)
        world.send(
            .trackSetting(
                .with {
                    $0.trackSids = [track]; $0.disabled = true
                }), from: observer)
        world.send(
            .trackSetting(
                .with {
                    $0.trackSids = [track]; $0.disabled = true
                }), from: observer)
        world.send(
            .trackSetting(
                .with {
                    $0.trackSids = [track]; $0.quality = .high
                }), from: observer)
        let pauses = world.commands.compactMap { sid, command -> Bool? in
            if sid == observer.sid, case .setPaused(track, let isPaused) = command { isPaused } else { nil }
        }
        #expect(pauses == [true, false])
        world.media(.streamStarted(track), of: observer)
        guard case .streamStateUpdate(let state)? = world.news(observer).last else { throw Missing() }
        #expect(state.streamStates.first?.trackSid == track && state.streamStates.first?.state == .active)
    }

    @Test("the layer that a subscriber asks for is told once it differs, by quality or by size, also before the track")
    func layers() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        let heights: [UInt32] = [180, 360, 720]
        let track = world.publish(candidate, heights: heights)
        func ask(_ change: (inout Livekit_UpdateTrackSettings) -> Void) {
            var settings = Livekit_UpdateTrackSettings()
            settings.trackSids = [track]
            change(&settings)
            world.send(.trackSetting(settings), from: observer)
        }
        ask { $0.quality = .high }
        ask { $0.quality = .low }
        ask { ($0.width, $0.height, $0.fps) = (320, 180, 5) }
        ask { ($0.width, $0.height) = (640, 350) }
        ask { ($0.width, $0.height) = (640, 460) }
        ask { ($0.width, $0.height) = (4000, 3000) }
        let wishes = world.commands.compactMap { sid, command -> VideoWish? in
            if sid == observer.sid, case .setWish(track, let wish) = command { wish } else { nil }
        }
        #expect(
            wishes == [
                VideoWish(layer: 0, rate: 0), VideoWish(layer: 0, rate: 5), VideoWish(layer: 1, rate: 0), .everything,
            ])
        let late = world.join("late")
        world.send(
            .trackSetting(
                .with {
                    $0.trackSids = [track]; $0.quality = .medium
                }), from: late)
        world.pass(.seconds(1))
        let last = world.commands.last { sid, command in
            if sid == late.sid, case .setWish = command { true } else { false }
        }
        guard case .setWish(track, VideoWish(layer: 1, rate: 0))? = last?.command else { throw Missing() }
    }

    @Test("settings of tracks that are gone make room for those of new ones")
    func manySettings() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        func ask(_ sid: TrackSID) {
            world.send(
                .trackSetting(
                    .with {
                        $0.trackSids = [sid]; $0.disabled = true
                    }), from: observer)
        }
        for number in 0..<1100 { ask("TR_gone\(number)") }
        let track = world.publish(candidate)
        ask(track)
        let settings = world.core.rooms["r"]?.participant(sid: observer.sid)?.settings
        #expect(settings?[track] != nil && settings?.count ?? .max <= 1000)
    }

    @Test("the codec that a camera is announced with is told to the client and preferred in the answer")
    func preferredCodecs() throws {
        let world = try World()
        let candidate = world.join("candidate")
        for (cid, codecs) in [("a", ["vp9", "vp8"]), ("b", []), ("c", [""])] {
            world.send(
                .addTrack(
                    .with {
                        $0.cid = cid; $0.type = .video; $0.source = .camera
                        $0.simulcastCodecs = codecs.map { codec in .with { $0.codec = codec } }
                    }), from: candidate)
        }
        let told = world.news(candidate).compactMap { message -> String? in
            if case .trackPublished(let published) = message { published.track.codecs[0].mimeType } else { nil }
        }
        #expect(told == ["video/VP9", "", ""])
        world.send(.offer(.with { $0.sdp = "v=0" }), from: candidate)
        let answer = world.commands.last { if case .answer = $0.command { true } else { false } }
        guard case .answer(_, _, _, let codecs)? = answer?.command else { throw Missing() }
        #expect(codecs == ["a": "vp9"])
    }

    @Test("tracks are refused without the right, of the wrong kind and above the limit")
    func refusals() throws {
        let world = try World()
        let mute = world.join("mute") { _, grant in grant.canPublish = false }
        let camera = world.join("camera") { _, grant in grant.canPublishSources = ["camera"] }
        let busy = world.join("busy")
        func reason(_ client: World.Client, _ request: Livekit_AddTrackRequest) -> Livekit_RequestResponse.Reason? {
            _ = world.news(client)
            world.send(.addTrack(request), from: client)
            if case .requestResponse(let response)? = world.news(client).last { return response.reason }
            return nil
        }
        let microphone = Livekit_AddTrackRequest.with {
            $0.cid = "m"; $0.source = .microphone
        }
        #expect(reason(mute, microphone) == .notAllowed)
        #expect(reason(camera, microphone) == .notAllowed)
        #expect(
            reason(
                camera,
                .with {
                    $0.cid = "c"; $0.type = .video; $0.source = .camera
                }) == nil)
        #expect(reason(busy, .with { $0.type = .data }) == .unsupportedType)
        #expect(reason(busy, microphone) == nil)
        #expect(reason(busy, microphone) == .queued)
        for number in 1..<20 {
            #expect(
                reason(
                    busy,
                    .with {
                        $0.cid = "\(number)"; $0.source = .microphone
                    }) == nil)
        }
        #expect(
            reason(
                busy,
                .with {
                    $0.cid = "20"; $0.source = .microphone
                }) == .limitExceeded)
    }

    @Test("an offer that stays unanswered for 15 seconds sends the client to a full reconnect")
    func unansweredOffers() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let observer = world.join("observer")
        world.pass(.seconds(5))
        world.clientsAnswer = false
        world.publish(candidate)
        world.pass(.seconds(14))
        #expect(!world.closedSignals.contains(observer.signal))
        world.pass(.seconds(2))
        guard case .leave(let leave)? = world.news(observer).last(where: { $0.name == "leave" }) else {
            throw Missing()
        }
        #expect(leave.action == .reconnect)
    }

    @Test("one offer is out at a time; what changes meanwhile is offered once it is answered")
    func offers() throws {
        var offers = SubscriberOffers(firstID: 7)
        let start = Instant(nanoseconds: 0)
        let delay = Duration.milliseconds(10)
        #expect(offers.request() == .makeOffer(restartsICE: false))
        #expect(offers.offered(at: start, timeout: .seconds(15)) == 7)
        #expect(offers.request() == nil)
        #expect(offers.request(restartsICE: true) == nil)
        let early = offers.answered(id: 6, at: start, delay: delay)
        #expect(!early && !offers.hasAnswered)
        let right = offers.answered(id: 7, at: start, delay: delay)
        #expect(right && offers.hasAnswered && offers.deadline == start + delay)
        #expect(offers.timeout(at: start) == nil)
        #expect(offers.timeout(at: start + delay) == .makeOffer(restartsICE: true))
        #expect(offers.offered(at: start, timeout: .seconds(15)) == 8)
        #expect(!offers.isOverdue(at: start + .seconds(14)) && offers.isOverdue(at: start + .seconds(15)))
        let anonymous = offers.answered(id: 0, at: start, delay: delay)
        #expect(anonymous && offers.deadline == nil)
        let twice = offers.answered(id: 8, at: start, delay: delay)
        #expect(!twice)
    }
}
