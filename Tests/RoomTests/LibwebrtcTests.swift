import LiveKit
import NIOCore
import NIOPosix
import PythonPeers
import Testing

@testable import DevServer

/// Our client, LiveKit's own client (libwebrtc) and the development server in one room.
@Suite(.serialized, .enabled(if: PythonPeer.isInstalled, "needs .venv, which 'make test' makes"))
struct LibwebrtcTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test(
        "libwebrtc's voice comes out as sound, and data and code go both ways, over one connection or two",
        arguments: [true, false])
    func candidateIsHeard(isSingle: Bool) async throws {
        let server = try await startDevServer()
        let listener = try RoomProbe(server: server, room: "r", identity: "bot", hidden: true, group: group)
        try #require(try await listener.waitUntilReady(), "\(listener.summary)")
        let wave = PythonPeer.package.appendingPathComponent("Tests/Fixtures/speech.wav").path
        let script = PythonPeer.package.appendingPathComponent("Sources/VirtualCandidate/Resources/solution.py")
        let candidate = try PythonPeer(
            "candidate.py",
            [
                "--url", server.url, "--room", "r", "--wav", wave, "--code", script.path, "--packet", "t=hello",
                "--seconds",
                "8",
            ] + (isSingle ? [] : ["--two-connections"]))
        let heard = try await listener.wait(15) { _ in listener.loudness.seconds > 3 ? true : nil }
        #expect(heard == true, "\(listener.loudness) \(candidate.errors)\n\(listener.summary)")
        #expect(await server.singleConnections(of: "candidate") == [isSingle])
        #expect(listener.loudness.rms > 300, "\(listener.loudness)")
        try await listener.room.send(
            UserData(payload: ByteBuffer(string: "a hint"), topic: "jask.hint"), to: ["candidate"])
        let text = try await candidate.wait(5) { $0.lines("data").first?["text"]?.text }
        #expect(text == "a hint", "\(candidate.lines)")
        #expect(listener.packets("t").map(\.text) == ["hello"])
        let stream = listener.events.lazy.compactMap {
            if case .stream(let content) = $0 { content } else { nil }
        }.first
        #expect(stream?.info.topic == "jask.code" && stream?.text?.contains("def two_sum") == true)
        #expect(candidate.lines("connected").first?["others"]?.array == [])
        _ = try await candidate.finish(within: 12)
        #expect(candidate.lines("participants").first?["others"]?.array == [], "the hidden client was seen")
        await listener.leave()
        await server.stop()
    }

    @Test("libwebrtc hears what our client publishes")
    func candidateHears() async throws {
        let server = try await startDevServer()
        let speaker = try RoomProbe(server: server, room: "r", identity: "speaker", group: group)
        try #require(try await speaker.waitUntilReady(), "\(speaker.summary)")
        _ = try await speaker.room.perform { engine in engine.publishAudio() }
        let tone = (0..<960).map { Int16(truncatingIfNeeded: ($0 % 48 < 24 ? 8000 : -8000)) }
        let room = speaker.room
        let player = Task {
            while !Task.isCancelled {
                _ = try? await room.perform { try $0.sendAudio(tone) }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        let candidate = try PythonPeer("candidate.py", ["--url", server.url, "--room", "r", "--seconds", "10"])
        let loud = try await candidate.wait(12) { peer in
            peer.lines("heard").first { ($0["rms"]?.number ?? 0) > 500 }
        }
        player.cancel()
        #expect(loud != nil, "\(candidate.lines) \(candidate.errors)")
        candidate.terminate()
        await speaker.leave()
        await server.stop()
    }

    @Test("two clients of the SDK hear and see each other and read each other's packets", arguments: [true, false])
    func candidatesHearEachOther(isSingle: Bool) async throws {
        let server = try await startDevServer()
        let wave = PythonPeer.package.appendingPathComponent("Tests/Fixtures/speech.wav").path
        let peers = try ["ada", "bob"].map { identity in
            try PythonPeer(
                "candidate.py",
                [
                    "--url", server.url, "--room", "r", "--identity", identity, "--wav", wave, "--loop", "--packet",
                    "t=from \(identity)", "--send-after", "4", "--seconds", "20", "--camera",
                ] + (isSingle ? [] : ["--two-connections"]))
        }
        for (peer, other) in [(peers[0], "bob"), (peers[1], "ada")] {
            let loud = try await peer.wait(16) { peer in
                peer.lines("heard").first { ($0["rms"]?.number ?? 0) > 300 && $0["identity"]?.text == other }
            }
            #expect(loud != nil, "\(peer.lines) \(peer.errors)")
            let text = try await peer.wait(10) { $0.lines("data").first?["text"]?.text }
            #expect(text == "from \(other)", "\(peer.lines) \(peer.errors)")
            let picture = try await peer.wait(10) { peer in
                peer.lines("seen").first { ($0["contrast"]?.number ?? 0) > 50 && $0["identity"]?.text == other }
            }
            #expect(picture?["size"]?.array?.map(\.number) == [320, 180], "\(peer.lines) \(peer.errors)")
        }
        #expect(await server.singleConnections(of: "ada") == [isSingle])
        for peer in peers { peer.terminate() }
        await server.stop()
    }

    @Test("a client that is ended is gone at once, and loads the machine no more")
    func endedClientIsGone() async throws {
        let server = try await startDevServer()
        let candidate = try PythonPeer("candidate.py", ["--url", server.url, "--room", "r", "--seconds", "120"])
        try #require(try await candidate.wait(15) { $0.lines("connected").first } != nil, "\(candidate.errors)")
        candidate.terminate()
        #expect(try await candidate.finish(within: 30) != nil)
        await server.stop()
    }
}
