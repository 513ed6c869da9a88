import DevServer
import LiveKit
import NIOCore
import NIOPosix
import PythonPeers
import RenderedCandidate
import Synchronization
import Testing
import VirtualCandidate
import Wire
import WireSamples

/// The virtual candidate in a room.
@Suite(.serialized) struct VirtualCandidateRoomTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test("the hints that came are counted also when the script's time is over before there were enough")
    func hintsAreCountedAtTheLimit() async throws {
        let server = try await startDevServer()
        let coach = try RoomProbe(server: server, room: "r", identity: "coach", group: group)
        try #require(try await coach.waitUntilReady(), "\(coach.summary)")
        var script = try CandidateScript.speaking(for: .seconds(3))
        script.untilHints = 3
        let candidate = try VirtualCandidate.make(script, on: server)
        async let hints = candidate.run()
        let isThere = try await coach.wait { events in
            events.contains { event in
                switch event {
                case .participantJoined(let who), .participantUpdated(let who):
                    who.identity == "candidate" && who.isActive
                default: false
                }
            } ? true : nil
        }
        #expect(isThere == true, "\(coach.summary)")
        #expect(Samples.hints.count == 2)
        // What no assistant sends is no hint.
        let unreadable = #"{"type":"jask.hint","version":1,"id":"1"}"#
        for payload in [Array(unreadable.utf8)] + Samples.hints.map({ $0.encoded() }) {
            try await coach.room.send(
                UserData(payload: ByteBuffer(bytes: payload), topic: Topic.hint), to: ["candidate"])
        }
        let acknowledged = try await coach.wait { _ in coach.packets(Topic.ack).count == 2 ? true : nil }
        #expect(acknowledged == true)
        for packet in coach.packets(Topic.ack) {
            #expect(
                try AckMessage(decoding: Array(packet.text.utf8)) == AckMessage(id: Samples.hints[0].id, status: .seen))
        }
        #expect(try await hints == 2)
        await coach.leave()
        await server.stop()
    }

    @Test("after a hint the candidate speaks once more and shows what comes next, and leaves what was in place")
    func reactions() async throws {
        let server = try await startDevServer()
        let coach = try RoomProbe(server: server, room: "r", identity: "coach", group: group)
        try #require(try await coach.waitUntilReady(), "\(coach.summary)")
        var script = try CandidateScript.speaking(for: .seconds(40))
        script.untilHints = 9
        let raise = CameraScript.Step(.raiseHand, at: .zero, hold: .seconds(30))
        script.camera = CandidateCamera(script: CameraScript([raise], duration: .seconds(40)))
        let palm = CameraScript.Step(.palmToForehead, at: .seconds(2), hold: .seconds(20))
        script.reactions = [.init(speaksAfter: .seconds(1), steps: [palm])]
        let seen = Mutex<[(at: ContinuousClock.Instant, what: String)]>([])
        let candidate = try VirtualCandidate.make(script, on: server) { event in
            let what: String? =
                switch event {
                case .beganSpeaking: "speaks"
                case .fellSilent: "silent"
                case .hint: "hint"
                case .camera(let news): "\(news.action) \(news.isBeginning)"
                default: nil
                }
            if let what { seen.withLock { $0.append((.now, what)) } }
        }
        let run = Task { try await candidate.run() }
        func wait(_ what: String, _ count: Int = 1) async throws -> ContinuousClock.Instant? {
            for _ in 0..<150 {
                let found = seen.withLock { $0.filter { $0.what == what } }
                if found.count >= count { return found[count - 1].at }
                try await Task.sleep(for: .milliseconds(100))
            }
            return nil
        }
        #expect(try await wait("raiseHand true") != nil)
        #expect(try await wait("silent") != nil)
        for hint in Samples.hints {
            try await coach.room.send(
                UserData(payload: ByteBuffer(bytes: hint.encoded()), topic: Topic.hint), to: ["candidate"])
        }
        let hint = try #require(try await wait("hint"))
        let spoke = try #require(try await wait("speaks", 2))
        #expect((.milliseconds(800) ... .seconds(3)).contains(spoke - hint))
        let lowered = try #require(try await wait("raiseHand false"))
        #expect((.milliseconds(300) ... .seconds(2)).contains(lowered - hint))
        let next = try #require(try await wait("palmToForehead true"))
        #expect((.milliseconds(2300) ... .seconds(4)).contains(next - hint))
        // The second hint has no reaction: the palm stays, and nothing more is said.
        #expect(try await wait("silent", 2) != nil)
        #expect(seen.withLock { $0.count { $0.what == "speaks" } } == 2)
        #expect(seen.withLock { $0.allSatisfy { $0.what != "palmToForehead false" } })
        run.cancel()
        _ = try? await run.value
        await coach.leave()
        await server.stop()
    }

    @Test(
        "libwebrtc sees a rendered person at the size that it asks for, who raises a hand when the script says so",
        .enabled(if: PythonPeer.isInstalled, "needs .venv, which 'make test' makes"),
        arguments: [SignalVersion.v1, .v0])
    func cameraIsSeen(version: SignalVersion) async throws {
        let server = try await startDevServer()
        let bob = try PythonPeer(
            "candidate.py", ["--url", server.url, "--room", "r", "--identity", "bob", "--seconds", "60"])
        #expect(try await bob.wait(10) { $0.lines("connected").first } != nil, "\(bob.errors)")
        var script = try CandidateScript.speaking(for: .seconds(40))
        let raise = CameraScript.Step(.raiseHand, at: .seconds(1), hold: .seconds(2))
        script.camera = CandidateCamera(script: CameraScript([raise], duration: .seconds(40)))
        script.camera?.rate = 10
        let seen = Mutex<[CandidateEvent]>([])
        let candidate = try VirtualCandidate.make(script, on: server, over: version) { event in
            seen.withLock { $0.append(event) }
        }
        let run = Task { try await candidate.run() }
        for (quality, size) in [(2, [640.0, 360]), (0, [320, 180]), (2, [640, 360])] {
            let count = bob.lines("seen").count
            try bob.write("quality \(quality)")
            let pictures = try await bob.wait(15) { peer in
                peer.lines("seen").dropFirst(count).first { $0["size"]?.array?.map(\.number) == size }
            }
            #expect(pictures != nil, "\(quality): \(bob.lines("seen").suffix(4)) \(bob.errors)")
            #expect(pictures?["contrast"]?.number ?? 0 > 20)
        }
        var news: [CameraScript.News] = []
        for _ in 0..<100 where news.count < 2 {
            news = seen.withLock { $0 }.compactMap { if case .camera(let news) = $0 { news } else { nil } }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(news.map(\.isBeginning) == [true, false])
        #expect(news.allSatisfy { $0.action == .raiseHand })
        run.cancel()
        _ = try? await run.value
        bob.terminate()
        await server.stop()
    }

    @Test("pictures by data come one after the other, until they are not wanted")
    func picturesByData() async throws {
        let server = try await startDevServer()
        let coach = try RoomProbe(server: server, room: "r", identity: "coach", group: group)
        try #require(try await coach.waitUntilReady(), "\(coach.summary)")
        var script = try CandidateScript.speaking(for: .seconds(30))
        script.pictures = CandidateCamera(script: CameraScript([], duration: .seconds(30)))
        script.pictures?.layers = [.init(width: 320, height: 180, bitrate: 0)]
        script.pictures?.rate = 5
        let candidate = try VirtualCandidate.make(script, on: server)
        let run = Task { try await candidate.run() }
        func pictures(_ events: [RoomEvent]) -> [DataStreamContent] {
            events.compactMap {
                if case .stream(let content) = $0, content.info.topic == Topic.frame { content } else { nil }
            }
        }
        let found = try await coach.wait(15) { pictures($0).count >= 4 ? pictures($0) : nil }
        let attributes = try (found ?? []).map { try FrameAttributes($0.info.attributes) }
        #expect(attributes.prefix(4).map(\.sequence) == [0, 1, 2, 3], "\(coach.summary)")
        #expect(attributes.allSatisfy { $0.capturedAt != nil })
        for picture in found ?? [] {
            #expect(picture.info.mimeType == FrameMessage.mediaType)
            #expect(picture.bytes.getInteger(at: picture.bytes.readerIndex) == UInt16(0xFFD8))
        }
        let no = FrameMessage(wanted: false, rate: 4, width: 320, maximumBytes: 262_144, maximumPixels: 921_600)
        try await coach.room.send(
            UserData(payload: ByteBuffer(bytes: no.encoded()), topic: Topic.frame), to: ["candidate"])
        try await Task.sleep(for: .seconds(1))
        let count = pictures(coach.events).count
        try await Task.sleep(for: .seconds(1))
        #expect(pictures(coach.events).count == count, "they go on")
        run.cancel()
        _ = try? await run.value
        await coach.leave()
        await server.stop()
    }
}
