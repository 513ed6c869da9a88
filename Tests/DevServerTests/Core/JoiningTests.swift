import LiveKit
import SansIO
import Testing

@testable import DevServer

@Suite struct JoiningTests {
    @Test(
        "a join is answered with join, token and an offer of data alone; the tracks there are come with the next offer")
    func messagesComeInOrder() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let track = world.publish(candidate)
        let observer = world.join("observer", connects: false)
        let messages = world.news(observer)
        // The real server has the offer and what follows from subscriptions in either order.
        #expect(messages.map(\.name).prefix(2) == ["join", "refreshToken"])
        #expect(Set(messages.map(\.name)) == ["join", "refreshToken", "offer", "subscriptionPermissionUpdate"])
        world.pass(.milliseconds(20))
        let offers = (messages + world.news(observer)).compactMap { message -> Livekit_SessionDescription? in
            if case .offer(let offer) = message { offer } else { nil }
        }
        #expect(offers.count == 2)
        #expect(offers.first?.midToTrackID.isEmpty == true)
        #expect(offers.last?.midToTrackID == ["1": track])
        #expect(offers.last?.id == (offers.first?.id ?? 0) + 1)
    }

    @Test("the join response shows the room, the visible others and what clients need to know")
    func theJoinResponseIsComplete() throws {
        let world = try World()
        let candidate = world.join("candidate")
        world.publish(candidate)
        world.join("ghost") { _, grant in grant.hidden = true }
        let observer = world.join("observer")
        let response = try #require(world.joinResponse(observer.signal))
        #expect(response.otherParticipants.map(\.identity) == ["candidate"])
        #expect(response.otherParticipants.first?.tracks.count == 1)
        #expect(response.room.name == "r" && response.room.departureTimeout == 20)
        #expect(response.subscriberPrimary && response.fastPublish)
        #expect(response.pingInterval == 5 && response.pingTimeout == 15)
        #expect(response.participant.state == .joining && response.participant.version == 0)
        #expect(response.serverInfo.agentProtocol == 1)
    }

    @Test("below protocol 3, or without the right to subscribe, the publisher connection decides")
    func theOldWayIsKnown() throws {
        let world = try World()
        let old = world.join("old", connects: false) { request, _ in request.protocolLevel = 2 }
        #expect(world.joinResponse(old.signal)?.subscriberPrimary == false)
        world.media(.connected(.subscriber), of: old)
        #expect(world.core.rooms["r"]?.participant(sid: old.sid)?.state == .joined)
        world.media(.connected(.publisher), of: old)
        #expect(world.core.rooms["r"]?.participant(sid: old.sid)?.state == .active)
    }

    @Test("changes of those who publish nothing are told after up to three seconds, of publishers at once")
    func updatesAreBatched() throws {
        let world = try World()
        let first = world.join("first")
        world.pass(.seconds(4))
        _ = world.news(first)
        let second = world.join("second")
        world.pass(.milliseconds(2900))
        #expect(world.updates(first).isEmpty)
        world.pass(.milliseconds(200))
        let batch = world.updates(first)
        #expect(batch.map(\.identity) == ["second"])
        #expect(batch.first?.state == .active && batch.first?.version == 2)
        world.publish(second)
        #expect(world.updates(first).last?.tracks.first?.mimeType == "audio/red")
    }

    @Test("a hidden participant is told to nobody, not even to itself, yet sees everyone and is in the API's list")
    func hiddenParticipantsAreHidden() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let ghost = world.join("ghost") { _, grant in grant.hidden = true }
        world.pass(.seconds(10))
        #expect(!world.updates(candidate).contains { $0.identity == "ghost" })
        #expect(world.updates(ghost).allSatisfy { $0.identity == "candidate" })
        world.publish(candidate)
        #expect(world.updates(ghost).contains { !$0.tracks.isEmpty })
        #expect(!world.news(candidate).contains { $0.name == "trackSubscribed" })
        let list = world.core.listParticipants(.with { $0.room = "r" })
        #expect(list.participants.map(\.identity) == ["candidate", "ghost"])
        world.leave(ghost)
        world.pass(.seconds(10))
        #expect(!world.updates(candidate).contains { $0.identity == "ghost" })
    }

    @Test("the same identity again throws the first session out, and nobody hears of its end")
    func aDoubleIdentityThrowsTheFirstOut() throws {
        let world = try World()
        let observer = world.join("observer")
        let first = world.join("twin")
        world.pass(.seconds(5))
        _ = world.news(first)
        _ = world.news(observer)
        let second = world.join("twin")
        guard case .leave(let leave)? = world.news(first).last else { throw Missing() }
        #expect(leave.reason == .duplicateIdentity && leave.action == .disconnect)
        #expect(world.closedSignals.contains(first.signal))
        let states = world.updates(observer).map { ($0.sid, $0.state) }
        #expect(states.contains { $0 == second.sid && $1 == .joined })
        world.pass(.seconds(5))
        #expect(!world.updates(observer).contains { $0.sid == first.sid })
        #expect(world.joinResponse(second.signal)?.otherParticipants.map(\.identity) == ["observer"])
        // The first one's socket closes only now.
        world.closeSignal(first)
        #expect(world.core.rooms["r"]?.participant(identity: "twin")?.sid == second.sid)
    }

    @Test("who is not connected within a minute is removed")
    func theJoinDeadlineHolds() throws {
        let world = try World()
        let client = world.join("slow", connects: false)
        world.pass(.seconds(59))
        #expect(!world.closedSignals.contains(client.signal))
        world.pass(.seconds(2))
        guard case .leave(let leave)? = world.news(client).last else { throw Missing() }
        #expect(leave.reason == .joinFailure)
    }

    @Test("tokens are renewed at once and every five minutes, and can be verified")
    func tokensAreRenewed() throws {
        let world = try World()
        let client = world.join("c") { request, _ in
            request.claims.name = "C"
            request.claims.attributes = ["a": "b"]
        }
        world.pass(.seconds(601))
        let tokens = world.news(client).compactMap { if case .refreshToken(let token) = $0 { token } else { nil } }
        #expect(tokens.count == 3)
        let verifier = TokenVerifier(keys: [world.core.key])
        let claims = try verifier.verify(try #require(tokens.last), now: world.core.seconds(at: world.now))
        #expect(claims.identity == "c" && claims.name == "C" && claims.attributes == ["a": "b"])
        #expect(claims.video?.room == "r")
        #expect((claims.expires ?? 0) - (claims.notBefore ?? 0) == 600)
    }

    @Test("a renewed token lasts as long as the first one, and ten minutes at least", arguments: [3600, 300])
    func renewedTokensLast(validity: Int64) throws {
        let world = try World()
        let key = world.core.key
        let began = world.core.seconds(at: world.now)
        let first = try AccessToken(
            signing: TokenClaims(identity: "c", video: .join(room: "r")), with: key, now: began,
            validity: .seconds(validity))
        let verifier = TokenVerifier(keys: [key])
        let claims = try verifier.verify(first.jwt, now: began)
        let client = world.join("c") { request, _ in request.claims = claims }
        world.pass(.seconds(301))
        let tokens = world.news(client).compactMap { if case .refreshToken(let token) = $0 { token } else { nil } }
        let renewed = try verifier.verify(try #require(tokens.last), now: world.core.seconds(at: world.now))
        #expect(renewed.expires == (validity == 3600 ? claims.expires : began + 900))
    }

    @Test("pings are answered in the form in which they came")
    func pingsAreAnswered() throws {
        let world = try World()
        let client = world.join("c")
        _ = world.news(client)
        world.send(.pingReq(.with { $0.timestamp = 77 }), from: client)
        world.send(.ping(5), from: client)
        let answers = world.news(client)
        guard case .pongResp(let pong)? = answers.first else { throw Missing() }
        #expect(pong.lastPingTimestamp == 77 && pong.timestamp == World.epoch / 1_000_000 + 1000)
        #expect(answers.last?.name == "pong")
    }

    @Test("attributes change only with the right to change them; an empty value takes one away")
    func metadataNeedsTheRight() throws {
        let world = try World()
        let client = world.join("c") { request, grant in
            grant.canUpdateOwnMetadata = true
            request.claims.attributes = ["a": "1", "b": "2"]
        }
        let other = world.join("o")
        _ = world.news(client)
        let update = Livekit_UpdateParticipantMetadata.with {
            $0.attributes = ["a": "", "c": "3"]
            $0.requestID = 9
        }
        world.send(.updateMetadata(update), from: client)
        let news = world.news(client)
        #expect(
            news.contains {
                if case .update(let u) = $0 { u.participants[0].attributes == ["b": "2", "c": "3"] } else { false }
            })
        #expect(
            news.contains {
                if case .requestResponse(let r) = $0 { r.reason == .ok && r.requestID == 9 } else { false }
            })
        _ = world.news(other)
        world.send(.updateMetadata(update), from: other)
        let refused = world.news(other)
        #expect(refused.count == 1)
        #expect(refused.contains { if case .requestResponse(let r) = $0 { r.reason == .notAllowed } else { false } })
    }

    @Test("a full room lets nobody else in")
    func aFullRoomIsClosed() throws {
        let world = try World()
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.createRoom(
                .with {
                    $0.name = "r"; $0.maxParticipants = 1
                }, at: now)
        }
        world.join("a")
        let request = JoinRequest(room: "r", identity: "b", claims: TokenClaims())
        #expect(world.core.refusal(of: request)?.status == 503)
        let again = JoinRequest(room: "r", identity: "a", claims: TokenClaims())
        #expect(world.core.refusal(of: again) == nil)
        #expect(world.core.refusal(of: JoinRequest(room: "new", identity: "b", claims: TokenClaims())) == nil)
    }

    @Test("where joining creates no rooms, an unknown room is not found")
    func roomsMayHaveToExist() throws {
        var rules = RoomRules()
        rules.createsRooms = false
        let world = try World(rules: rules)
        let refusal = world.core.refusal(of: JoinRequest(room: "r", identity: "b", claims: TokenClaims()))
        #expect(refusal?.status == 404 && refusal?.body == "requested room does not exist")
    }
}

struct Missing: Error {}
