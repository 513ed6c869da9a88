import Testing

@testable import LiveKit

@Suite struct ParticipantRegistryTests {
    private func info(
        _ identity: String, _ sid: String, version: UInt32 = 1, state: Livekit_ParticipantInfo.State = .active,
        metadata: String = ""
    ) -> Livekit_ParticipantInfo {
        .with {
            $0.identity = identity
            $0.sid = sid
            $0.version = version
            $0.state = state
            $0.metadata = metadata
        }
    }

    private func join(_ others: [Livekit_ParticipantInfo], own: String = "PA_own") -> Livekit_JoinResponse {
        .with {
            $0.participant.sid = own
            $0.otherParticipants = others
        }
    }

    private func words(_ events: [RoomEvent]) -> [String] {
        events.map { event in
            switch event {
            case .participantJoined(let who): "+\(who.sid)"
            case .participantUpdated(let who): "=\(who.sid)"
            case .participantLeft(let who): "-\(who.sid)"
            default: "\(event)"
            }
        }
    }

    @Test("a session that is joined again tells what changed meanwhile, those who left first")
    func rejoinTellsTheDifference() {
        var registry = ParticipantRegistry()
        let first = registry.join(join([info("a", "PA_a"), info("b", "PA_b"), info("c", "PA_c")]))
        #expect(words(first) == ["+PA_a", "+PA_b", "+PA_c"])
        let second = registry.join(
            join([info("a", "PA_a"), info("b", "PA_b", version: 2, metadata: "x"), info("d", "PA_d")], own: "PA_new"))
        #expect(words(second) == ["-PA_c", "=PA_b", "+PA_d"])
        #expect(Set(registry.bySID.keys) == ["PA_a", "PA_b", "PA_d"])
    }

    @Test("the same name under another sid is a new session of it, and the old one's end changes nothing")
    func identitiesAreReplaced() {
        var registry = ParticipantRegistry()
        _ = registry.join(join([info("a", "PA_1")]))
        #expect(words(registry.update([info("a", "PA_2")])) == ["-PA_1", "+PA_2"])
        #expect(registry.update([info("a", "PA_1", version: 9, state: .disconnected)]).isEmpty)
        #expect(Set(registry.bySID.keys) == ["PA_2"])
    }

    @Test("whoever's name has other bytes is somebody else, however alike the two look")
    func equivalentIdentitiesAreDistinct() {
        var registry = ParticipantRegistry()
        let (composed, decomposed) = ("zo\u{EB}", "zoe\u{308}")
        #expect(composed == decomposed)
        _ = registry.join(join([info(composed, "PA_1")]))
        #expect(words(registry.update([info(decomposed, "PA_2")])) == ["+PA_2"], "nobody was replaced")
        #expect(Set(registry.bySID.values.map(\.identity)) == [.init(composed), .init(decomposed)])
    }

    @Test("updates that are older than what is known, the same, or of ourselves are ignored")
    func oldUpdatesAreIgnored() {
        var registry = ParticipantRegistry()
        _ = registry.join(join([info("a", "PA_a", version: 5)]))
        #expect(registry.update([info("a", "PA_a", version: 4, metadata: "old")]).isEmpty)
        #expect(registry.update([info("a", "PA_a", version: 5)]).isEmpty)
        #expect(registry.update([info("me", "PA_own", version: 7)]).isEmpty)
        #expect(words(registry.update([info("a", "PA_a", version: 6, metadata: "new")])) == ["=PA_a"])
        #expect(registry.bySID["PA_a"]?.metadata == "new")
    }

    @Test("who left is told once, and a stranger's leaving not at all")
    func departures() {
        var registry = ParticipantRegistry()
        _ = registry.join(join([info("a", "PA_a")]))
        let gone = info("a", "PA_a", version: 2, state: .disconnected)
        #expect(words(registry.update([gone])) == ["-PA_a"])
        #expect(registry.update([gone, info("x", "PA_x", state: .disconnected)]).isEmpty)
    }

    @Test("a track is found by its sid, with whose it is")
    func tracksAreFound() {
        var registry = ParticipantRegistry()
        var owner = info("a", "PA_a")
        owner.tracks = [.with { $0.sid = "TR_1" }]
        _ = registry.join(join([owner, info("b", "PA_b")]))
        #expect(registry.track("TR_1")?.participantIdentity == "a" && registry.track("TR_2") == nil)
        #expect(registry.tracks.map(\.sid) == ["TR_1"])
    }
}

@Suite struct CandidateJSONTests {
    @Test("the candidate line is taken from its JSON, whatever else is in there")
    func candidates() {
        let line = "candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host ufrag abcd"
        let text = #"{"candidate":"\#(line)","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}"#
        #expect(CandidateJSON.parse(text) == line)
        #expect(CandidateJSON.parse(#"{"candidate":"","sdpMid":"0"}"#) == "")
        for bad in ["", "{}", #"{"candidate":1}"#, "[", "null"] { #expect(CandidateJSON.parse(bad) == nil, "\(bad)") }
    }
}
