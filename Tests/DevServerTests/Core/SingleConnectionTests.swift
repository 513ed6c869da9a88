import LiveKit
import SansIO
import Testing

@testable import DevServer

/// Signalling v1: one peer connection, on which the client makes all offers.
@Suite struct SingleConnectionTests {
    private struct Missing: Error {}

    private func offer(_ sections: Int, id: UInt32 = 1) -> Livekit_SessionDescription {
        .with {
            $0.type = "offer"
            $0.sdp = String(sections)
            $0.id = id
        }
    }

    private func join(_ world: World, _ identity: String = "single", offering sections: Int? = nil) -> World.Client {
        world.join(identity) { request, _ in
            request.usesSingleConnection = true
            request.offer = sections.map { offer($0) }
        }
    }

    private func requirements(_ messages: [Livekit_SignalResponse.OneOf_Message]) -> [UInt32] {
        messages.compactMap { if case .mediaSectionsRequirement(let found) = $0 { found.numAudios } else { nil } }
    }

    private func answers(_ messages: [Livekit_SignalResponse.OneOf_Message]) -> [Livekit_SessionDescription] {
        messages.compactMap { if case .answer(let found) = $0 { found } else { nil } }
    }

    @Test("nothing is offered to the client, its own offer is answered with the tracks that are there, as captured")
    func theFirstOfferBringsWhatIsThere() throws {
        let world = try World()
        let track = world.publish(world.join("candidate"))
        let client = join(world)
        let joined = world.news(client)
        #expect(joined.map(\.name) == ["join", "refreshToken", "subscriptionPermissionUpdate"])
        #expect(world.joinResponse(client.signal) == nil)
        guard case .join(let response)? = joined.first else { throw Missing() }
        #expect(!response.subscriberPrimary)
        world.send(.offer(offer(3, id: 7)), from: client)
        let after = world.news(client)
        #expect(after.map(\.name) == ["answer"])
        #expect(answers(after).first?.id == 7 && answers(after).first?.midToTrackID == ["0": track])
        world.pass(.seconds(20))
        #expect(!world.news(client).contains { $0.name == "offer" } && !world.closedSignals.contains(client.signal))
    }

    @Test("an offer that comes with the join request is answered after the join")
    func carriedOffers() throws {
        let world = try World()
        let track = world.publish(world.join("candidate"))
        let client = join(world, offering: 3)
        let messages = world.news(client)
        #expect(messages.map(\.name) == ["join", "refreshToken", "subscriptionPermissionUpdate", "answer"])
        #expect(answers(messages).first?.midToTrackID == ["0": track])
    }

    @Test("tracks announced with the join request are confirmed")
    func carriedTracks() throws {
        let world = try World()
        let client = world.join("single") { request, _ in
            request.usesSingleConnection = true
            request.tracks = [
                .with {
                    $0.cid = "cid"
                    $0.type = .audio
                    $0.source = .microphone
                }
            ]
            request.offer = offer(3)
        }
        let messages = world.news(client)
        #expect(messages.map(\.name) == ["join", "refreshToken", "trackPublished", "answer"])
    }

    @Test("a track that comes later asks for one more offer, though no section is missing")
    func laterTracksAskForAnOffer() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let client = join(world, offering: 3)
        _ = world.news(client)
        let first = world.publish(candidate, mid: "0", cid: "a")
        let second = world.publish(candidate, mid: "1", cid: "b")
        let asked = world.news(client)
        #expect(requirements(asked) == [0], "it was asked \(requirements(asked)) times for sections")
        world.send(.offer(offer(3, id: 2)), from: client)
        let after = world.news(client)
        #expect(answers(after).first?.midToTrackID == ["0": first, "1": second])
        #expect(requirements(after).isEmpty)
    }

    @Test("sections that are missing are asked for until they are offered")
    func missingSectionsAreAskedFor() throws {
        let world = try World()
        let candidate = world.join("candidate")
        for number in 0..<3 { world.publish(candidate, mid: "\(number)", cid: "\(number)") }
        let client = join(world, offering: 1)
        #expect(requirements(world.news(client)) == [2])
        world.send(.offer(offer(2, id: 2)), from: client)
        #expect(requirements(world.news(client)) == [1])
        world.send(.offer(offer(3, id: 3)), from: client)
        #expect(requirements(world.news(client)).isEmpty)
    }

    @Test("a subscription that ended asks for an offer, whose answer leaves it out")
    func endedSubscriptions() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let first = world.publish(candidate, mid: "0", cid: "a")
        let second = world.publish(candidate, mid: "1", cid: "b")
        let client = join(world, offering: 3)
        _ = world.news(client)
        world.send(.subscription(.with { $0.trackSids = [first] }), from: client)
        #expect(requirements(world.news(client)) == [0])
        world.send(.offer(offer(3, id: 2)), from: client)
        #expect(answers(world.news(client)).first.map { Array($0.midToTrackID.values) } == [second])
    }

    @Test("the one connection makes the participant active")
    func theOneConnectionDecides() throws {
        let world = try World()
        let client = world.join("single", connects: false) { request, _ in request.usesSingleConnection = true }
        world.media(.connected(.publisher), of: client)
        #expect(world.core.rooms["r"]?.participant(sid: client.sid)?.state == .active)
    }

    @Test("a resume is not offered anything; what changed meanwhile comes with the client's next offer")
    func resumes() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let client = join(world, offering: 3)
        world.publish(candidate, mid: "0", cid: "a")
        world.closeSignal(client)
        let track = world.publish(candidate, mid: "1", cid: "b")
        let again = world.newSignal()
        world.connect(again, "single") { request, _ in
            request.usesSingleConnection = true
            request.resumes = client.sid
        }
        let resumed = World.Client(signal: again, identity: "single", sid: client.sid)
        let names = world.news(resumed).map(\.name)
        #expect(names.first == "reconnect" && !names.contains("offer"))
        world.send(.offer(offer(3, id: 2)), from: resumed)
        #expect(answers(world.news(resumed)).first?.midToTrackID["1"] == track)
        // It may be asked again: what it was asked for before was lost with the socket.
        world.publish(candidate, mid: "2", cid: "c")
        #expect(requirements(world.news(resumed)) == [0])
    }

    @Test("metadata that a join request brings stand in place of the token's")
    func metadata() throws {
        let world = try World()
        let client = world.join("single") { request, grant in
            request.usesSingleConnection = true
            request.metadata = "own"
            request.claims.metadata = "the token's"
            grant.canUpdateOwnMetadata = true
        }
        #expect(world.core.rooms["r"]?.participant(sid: client.sid)?.metadata == "own")
    }
}
