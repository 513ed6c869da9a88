import LiveKit
import NIOCore
import NIOPosix
import Testing

/// A client of ours over signalling v1, where it makes all offers on one peer connection.
@Suite(.serialized) struct SinglePeerTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    private func client(_ server: SinglePeerServer) throws -> RoomProbe {
        try RoomProbe(url: server.url, room: "r", identity: "client", group: group) {
            $0.signal.compressesJoinRequest = false
        }
    }

    private func camera(_ sid: String) -> Livekit_TrackInfo {
        .with {
            $0.sid = sid
            $0.type = .video
            $0.source = .camera
        }
    }

    private func count(_ probe: RoomProbe, _ matches: (RoomEvent) -> Bool) -> Int { probe.events.count(where: matches) }

    private func isReady(_ event: RoomEvent) -> Bool { if case .ready = event { true } else { false } }

    private func isResumed(_ event: RoomEvent) -> Bool { if case .resumed = event { true } else { false } }

    @Test("the first offer goes with the join request")
    func offerIsCarried() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        #expect(try await client.waitUntilReady(), "\(client.summary)")
        #expect(server.seen.carried.count == 1 && server.seen.offers.isEmpty && server.seen.failures == [])
        await client.leave()
        await server.stop()
    }

    @Test("a session that is joined again is offered its connection, and is soon ready again")
    func rejoinOffers() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.sendAway()
        let again = try await client.wait(5) { events in events.count(where: isReady) == 2 ? true : nil }
        #expect(again == true, "\(client.summary)")
        #expect(server.seen.joins == 2 && server.seen.failures == [])
        // Once: with the join request or after it.
        #expect(server.seen.carried.count + server.seen.offers.count == 2)
        await client.leave()
        await server.stop()
    }

    @Test("a resume that is answered with a new session leads to a connection that stays")
    func resumeAnsweredWithJoin() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.answerResumeWithJoin()
        server.cutSignal()
        let again = try await client.wait(5) { events in events.count(where: isReady) == 2 ? true : nil }
        #expect(again == true, "\(client.summary)")
        #expect(server.seen.joins == 2 && server.seen.failures == [])
        await client.leave()
        await server.stop()
    }

    @Test("a resume asks again what the lost socket left unanswered")
    func resumeWithOpenOffer() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.leaveUnanswered(1)
        server.demand(audio: 1)
        _ = try await client.wait { _ in server.seen.offers.count == 1 ? true : nil }
        server.cutSignal()
        let resumed = try await client.wait(5) { events in events.contains(where: isResumed) ? true : nil }
        #expect(resumed == true, "\(client.summary)")
        #expect(server.seen.resumes == 1 && server.seen.offers.count == 2 && server.seen.joins == 1)
        let state = server.seen.requests.lazy.compactMap { if case .syncState(let state) = $0 { state } else { nil } }
            .first
        // livekit-server 1.11 fails on a state without a subscription.
        #expect(state?.hasSubscription == true && state?.offer.id == 2 && state?.answer.id == 1)
        await client.leave()
        await server.stop()
    }

    @Test("whose place was taken while it was away ends, and does not end the other")
    func takenPlacesAreGivenUp() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.takeOver()
        server.cutSignal()
        let end = try await client.wait(8) { events in
            events.lazy.compactMap { if case .disconnected(let reason) = $0 { reason } else { nil } }.first
        }
        #expect(end == .serverLeft(.duplicateIdentity), "\(client.summary)")
        #expect(server.seen.resumes == 1 && server.seen.joins == 1)
        let said = server.seen.requests.contains { if case .leave = $0 { true } else { false } }
        #expect(!said, "a word of leaving would end the other's session")
        await server.stop()
    }

    @Test("connections that were prepared in vain are closed")
    func vainConnectionsAreClosed() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.sendAwayJoins(2)
        server.sendAway()
        let again = try await client.wait(10) { events in events.count(where: isReady) == 2 ? true : nil }
        #expect(again == true, "\(client.summary)")
        await client.leave()
        let used = Set(server.seen.carried.flatMap { ports(in: $0.sdp) })
        #expect(used.count >= 2)
        for port in used {
            let free = try? await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: port).get()
            #expect(free != nil, "port \(port) is still bound")
            try await free?.close()
        }
        await server.stop()
    }

    @Test("a media connection that the server ended is replaced by a new session at once")
    func endedMediaAreReplaced() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.closeMedia()
        let again = try await client.wait(5) { events in events.count(where: isReady) == 2 ? true : nil }
        #expect(again == true, "\(client.summary)")
        #expect(server.seen.joins == 2 && server.seen.resumes == 0)
        await client.leave()
        await server.stop()
    }

    @Test("a session whose data channel the server closes is replaced by a new one at once")
    func lostChannelIsReplaced() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.closeChannel()
        let again = try await client.wait(5) { events in events.count(where: isReady) == 2 ? true : nil }
        #expect(again == true, "\(client.summary)")
        #expect(server.seen.joins == 2 && server.seen.resumes == 0)
        await client.leave()
        await server.stop()
    }

    @Test("a client that is removed stays away, though its media end before the server says why")
    func removalAfterMedia() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.closeMedia()
        try await Task.sleep(for: .milliseconds(100))
        server.remove()
        let end = try await client.wait(5) { events in
            events.lazy.compactMap { if case .disconnected(let reason) = $0 { reason } else { nil } }.first
        }
        #expect(end == .serverLeft(.participantRemoved), "\(client.summary)")
        #expect(server.seen.joins == 1 && server.seen.resumes == 0)
        await server.stop()
    }

    @Test("sections that the server asks for are offered once, though their video is not wanted")
    func demandsAreMet() async throws {
        let other = Livekit_ParticipantInfo.with {
            $0.sid = "PA_other"
            $0.identity = "other"
            $0.state = .active
            $0.tracks = [camera("TR_VC1")]
        }
        let server = try await SinglePeerServer.start(participants: [other])
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        _ = try await client.wait(2) { _ in server.seen.offers.isEmpty ? nil : true }
        try await Task.sleep(for: .milliseconds(300))
        #expect(server.seen.offers.count == 1, "\(server.seen.offers.count) offers")
        #expect(server.seen.offers.last?.sdp.contains("m=video") == true)
        #expect(disabledTracks(server) == ["TR_VC1"])
        await client.leave()
        await server.stop()
    }

    @Test("a voice that the first answer lacks is asked for at once, and not without end")
    func lackingTracksAreAskedFor() async throws {
        let other = Livekit_ParticipantInfo.with {
            $0.sid = "PA_other"
            $0.identity = "other"
            $0.state = .active
            $0.tracks = [
                .with {
                    $0.sid = "TR_AM1"
                    $0.type = .audio
                    $0.source = .microphone
                }
            ]
        }
        let server = try await SinglePeerServer.start(participants: [other])
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        #expect(server.seen.offers.isEmpty)
        server.tell(
            .subscriptionPermissionUpdate(
                .with {
                    $0.participantSid = "PA_other"
                    $0.trackSid = "TR_AM1"
                    $0.allowed = true
                }))
        _ = try await client.wait(2) { _ in server.seen.offers.count == 2 ? true : nil }
        try await Task.sleep(for: .milliseconds(200))
        // This server carries no voice: the second is in vain too.
        #expect(server.seen.offers.count == 2 && server.seen.failures == [], "\(client.summary)")
        await client.leave()
        await server.stop()
    }

    @Test(
        "a voice that is published later is asked for once we are subscribed to it, a camera that is not wanted is not"
    )
    func laterTracksAreAskedFor() async throws {
        func other(_ tracks: [Livekit_TrackInfo]) -> Livekit_ParticipantInfo {
            .with {
                $0.sid = "PA_other"
                $0.identity = "other"
                $0.state = .active
                $0.tracks = tracks
            }
        }
        let server = try await SinglePeerServer.start(participants: [other([])])
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        func subscribe(_ track: Livekit_TrackInfo) {
            server.tell(.update(.with { $0.participants = [other([track])] }))
            server.tell(
                .subscriptionPermissionUpdate(
                    .with {
                        $0.participantSid = "PA_other"
                        $0.trackSid = track.sid
                        $0.allowed = true
                    }))
        }
        subscribe(camera("TR_VC1"))
        try await Task.sleep(for: .milliseconds(200))
        #expect(server.seen.offers.isEmpty, "no camera is wanted")
        subscribe(
            .with {
                $0.sid = "TR_AM1"
                $0.type = .audio
                $0.source = .microphone
            })
        _ = try await client.wait(2) { _ in server.seen.offers.isEmpty ? nil : true }
        #expect(!server.seen.offers.isEmpty && server.seen.failures == [], "\(client.summary)")
        await client.leave()
        await server.stop()
    }

    @Test("tracks that are not wanted are turned off again in a new session")
    func declinedAgainAfterRejoin() async throws {
        let other = Livekit_ParticipantInfo.with {
            $0.sid = "PA_other"
            $0.identity = "other"
            $0.state = .active
            $0.tracks = [camera("TR_VC1")]
        }
        let server = try await SinglePeerServer.start(participants: [other])
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.sendAway()
        let again = try await client.wait(5) { _ in disabledTracks(server).count == 2 ? true : nil }
        #expect(again == true, "\(server.seen.requests)")
        await client.leave()
        await server.stop()
    }

    @Test("a server that asks for sections without end is not given them without end")
    func demandsAreBounded() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.demand(audio: 4_000_000_000, video: 1)
        _ = try await client.wait(3) { _ in server.seen.offers.count == 1 ? true : nil }
        server.demand(audio: 1)
        let warned = try await client.wait(3) { events in
            events.contains { if case .warning(let text) = $0 { text.contains("sections") } else { false } }
                ? true : nil
        }
        #expect(warned == true, "\(client.summary)")
        let sections = server.seen.offers.last?.sdp.split(whereSeparator: \.isNewline).count { $0.hasPrefix("m=audio") }
        #expect(sections == RoomTransports.mostSections && server.seen.offers.count == 1)
        await client.leave()
        await server.stop()
    }

    @Test(
        "after a resume, what the server says it has not got is sent again, and the rest is not", arguments: [0, 1, 3])
    func resendAfterResume(confirmed: UInt32) async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        for text in ["1", "2", "3"] { try await client.room.send(UserData(payload: ByteBuffer(string: text))) }
        _ = try await client.wait(5) { _ in server.seen.sequences.count == 3 ? true : nil }
        server.confirm(sequence: confirmed)
        server.cutSignal()
        let resumed = try await client.wait(10) { events in events.contains(where: isResumed) ? true : nil }
        #expect(resumed == true, "\(client.summary)")
        try await client.room.send(UserData(payload: ByteBuffer(string: "4")))
        _ = try await client.wait(5) { _ in server.seen.sequences.last == 4 ? true : nil }
        // 0 says nothing: what is under way survives the resume with its channel.
        let again: [UInt32] = confirmed == 1 ? [2, 3] : []
        #expect(server.seen.sequences == [1, 2, 3] + again + [4])
        await client.leave()
        await server.stop()
    }

    @Test("a resume tells the server which reliable packets came")
    func receiveStates() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        for sequence in [4, 5] as [UInt32] {
            server.deliver(
                .with {
                    $0.participantSid = "PA_other"
                    $0.sequence = sequence
                    $0.user.topic = "t"
                })
        }
        _ = try await client.wait(5) { _ in client.packets("t").count == 2 ? true : nil }
        server.cutSignal()
        _ = try await client.wait(10) { events in events.contains(where: isResumed) ? true : nil }
        let state = server.seen.requests.lazy.compactMap { if case .syncState(let state) = $0 { state } else { nil } }
            .first
        #expect(state?.datachannelReceiveStates.map(\.publisherSid) == ["PA_other"], "\(client.summary)")
        #expect(state?.datachannelReceiveStates.map(\.lastSeq) == [5] && server.seen.failures == [])
        await client.leave()
        await server.stop()
    }

    @Test("an encrypted track is told of once and left alone")
    func encryptedTracksAreLeftAlone() async throws {
        let other = Livekit_ParticipantInfo.with {
            $0.sid = "PA_other"
            $0.identity = "other"
            $0.state = .active
            $0.tracks = [
                .with {
                    $0.sid = "TR_AM1"
                    $0.type = .audio
                    $0.source = .microphone
                    $0.encryption = .gcm
                }
            ]
        }
        let server = try await SinglePeerServer.start(participants: [other])
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.tell(.update(.with { $0.participants = [other] }))
        _ = try await client.wait(3) { _ in disabledTracks(server).isEmpty ? nil : true }
        let told = client.events.compactMap { if case .trackEncrypted(let track) = $0 { track.track.sid } else { nil } }
        #expect(told == ["TR_AM1"] && disabledTracks(server) == ["TR_AM1"])
        #expect(count(client) { if case .trackSubscribed = $0 { true } else { false } } == 0)
        await client.leave()
        await server.stop()
    }

    @Test("changes of the room are told, a candidate that cannot be read is warned of")
    func roomUpdatesAndCandidates() async throws {
        let server = try await SinglePeerServer.start()
        let client = try client(server)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        server.tell(.trickle(.with { $0.candidateInit = "no JSON" }))
        server.tell(
            .roomUpdate(
                .with {
                    $0.room.sid = "RM_1"
                    $0.room.metadata = "task 2"
                }))
        let updated = try await client.wait(5) { events in
            events.lazy.compactMap { if case .roomUpdated(let info) = $0 { info.metadata } else { nil } }.first
        }
        #expect(updated == "task 2", "\(client.summary)")
        #expect(count(client) { if case .warning(let text) = $0 { text.contains("candidate") } else { false } } == 1)
        await client.leave()
        await server.stop()
    }

    @Test("a room that is dropped without leaving gives its sockets back")
    func droppedRoomsFreeTheirSockets() async throws {
        let server = try await SinglePeerServer.start()
        var used: [Int] = []
        do {
            let client = try client(server)
            try #require(try await client.waitUntilReady(), "\(client.summary)")
            used = server.seen.carried.flatMap { ports(in: $0.sdp) }
        }
        #expect(!used.isEmpty)
        for port in used {
            var free: (any Channel)?
            for _ in 0..<100 where free == nil {
                free = try? await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: port).get()
                if free == nil { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(free != nil, "port \(port) is still bound")
            try await free?.close()
        }
        await server.stop()
    }

    /// Where a description says that its maker is.
    private func ports(in sdp: String) -> [Int] {
        sdp.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("a=candidate:") }
            .compactMap { Int($0.split(separator: " ")[5]) }
    }

    private func disabledTracks(_ server: SinglePeerServer) -> [String] {
        server.seen.requests.flatMap { request -> [String] in
            if case .trackSetting(let setting) = request, setting.disabled { setting.trackSids } else { [] }
        }
    }

    @Test("media that end just before the room does are no warning; those that end alone are one")
    func ordinaryEnd() async throws {
        func warnings(_ events: [RoomEvent]) -> [String] {
            events.compactMap { if case .warning(let text) = $0 { text } else { nil } }
        }
        for isOrdinary in [true, false] {
            let server = try await SinglePeerServer.start()
            let client = try client(server)
            try #require(try await client.waitUntilReady(), "\(client.summary)")
            server.closeMedia()
            if isOrdinary {
                try await Task.sleep(for: .milliseconds(100))
                server.remove()
                let end = try await client.wait(5) { events in
                    events.contains { if case .disconnected = $0 { true } else { false } } ? true : nil
                }
                #expect(end == true && warnings(client.events) == [], "\(client.summary)")
            } else {
                let told = try await client.wait(5) { warnings($0).isEmpty ? nil : true }
                #expect(told == true, "\(client.summary)")
            }
            await client.leave()
            await server.stop()
        }
    }
}
