import LiveKit
import NIOCore
import NIOPosix
import RTCMedia
import RTCNetwork
import Synchronization
import Testing
import VirtualCandidate

@testable import DevServer

/// Two clients of our own in a room of the development server.
@Suite(.serialized) struct RoomTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test("two clients see each other and exchange packets and texts", arguments: [SignalVersion.v1, .v0])
    func dataGoesBothWays(version: SignalVersion) async throws {
        let server = try await startDevServer()
        let left = try RoomProbe(server: server, room: "r", identity: "left", over: version, group: group)
        let right = try RoomProbe(server: server, room: "r", identity: "right", over: version, group: group)
        try #require(try await left.waitUntilReady(), "\(left.summary)")
        try #require(try await right.waitUntilReady(), "\(right.summary)")
        #expect(await server.singleConnections(of: "left") == [version == .v1])
        try await left.room.send(UserData(payload: ByteBuffer(string: "hello"), topic: "t"))
        try await right.room.send(UserData(payload: ByteBuffer(string: "back"), topic: "t"), to: ["left"])
        let long = String(repeating: "a line of code\n", count: 4000)
        try await right.room.sendText(long, topic: "jask.code", attributes: ["path": "a.py"])
        _ = try await right.wait { _ in right.packets("t").isEmpty ? nil : true }
        let stream = try await left.wait { events in
            events.lazy.compactMap { if case .stream(let content) = $0 { content } else { nil } }.first
        }
        #expect(right.packets("t").map(\.text) == ["hello"] && right.packets("t").first?.sender == "left")
        #expect(left.packets("t").map(\.text) == ["back"])
        #expect(stream?.text == long && stream?.info.attributes["path"] == "a.py")
        #expect(stream?.info.sender.identity == "right")
        let picture = ByteBuffer(bytes: (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try await left.room.sendBytes(
            picture, topic: "pictures", mimeType: "image/jpeg", attributes: ["sequence": "7"], to: ["right"])
        let bytes = try await right.wait { events in
            events.lazy.compactMap { if case .stream(let content) = $0 { content } else { nil } }.first
        }
        #expect(bytes?.bytes == picture && bytes?.info.mimeType == "image/jpeg")
        #expect(bytes?.info.attributes["sequence"] == "7")
        await left.leave()
        await right.leave()
        await server.stop()
    }

    @Test(
        "a hidden client hears what another publishes, and is not seen by it, whichever signalling the two speak",
        arguments: [SignalVersion.v1, .v0], [SignalVersion.v1, .v0])
    func hiddenClientHears(listening: SignalVersion, speaking: SignalVersion) async throws {
        let server = try await startDevServer()
        let listener = try RoomProbe(
            server: server, room: "r", identity: "bot", hidden: true, over: listening, group: group)
        try #require(try await listener.waitUntilReady(), "\(listener.summary)")
        let speaker = try RoomProbe(server: server, room: "r", identity: "speaker", over: speaking, group: group)
        let microphone = try await publishTone(speaker)
        let heard = try await listener.wait { _ in listener.loudness.seconds > 1.5 ? true : nil }
        microphone.cancel()
        #expect(heard == true, "\(listener.loudness)\n\(listener.summary)")
        #expect(listener.loudness.rms > 1000)
        let names = speaker.events.compactMap { if case .participantJoined(let who) = $0 { who.identity } else { nil } }
        #expect(names == [])
        await listener.leave()
        await speaker.leave()
        await server.stop()
    }

    @Test(
        "a cut signal socket is resumed: the same session, nothing lost, nothing twice",
        arguments: [SignalVersion.v1, .v0])
    func signalCutIsResumed(version: SignalVersion) async throws {
        let server = try await startDevServer()
        let left = try RoomProbe(server: server, room: "r", identity: "left", over: version, group: group)
        let right = try RoomProbe(server: server, room: "r", identity: "right", over: version, group: group)
        try #require(try await left.waitUntilReady(), "\(left.summary)")
        try #require(try await right.waitUntilReady(), "\(right.summary)")
        for number in 0..<5 { try await say("\(number)", left) }
        await server.cutSignals(of: "left")
        for number in 5..<10 { try await say("\(number)", left) }
        let resumed = try await left.wait { events in
            events.contains { if case .resumed = $0 { true } else { false } } ? true : nil
        }
        #expect(resumed == true, "\(left.summary)")
        for number in 10..<15 { try await say("\(number)", left) }
        _ = try await right.wait { _ in right.packets("t").count >= 15 ? true : nil }
        #expect(right.packets("t").map(\.text) == (0..<15).map(String.init))
        let left2 = right.events.filter { if case .participantLeft = $0 { true } else { false } }
        #expect(left2.isEmpty)
        await left.leave()
        await right.leave()
        await server.stop()
    }

    @Test("both hear each other over single connections, also what begins after a resume")
    func soundGoesBothWays() async throws {
        let server = try await startDevServer()
        let left = try RoomProbe(server: server, room: "r", identity: "left", group: group)
        let right = try RoomProbe(server: server, room: "r", identity: "right", group: group)
        try #require(try await left.waitUntilReady(), "\(left.summary)")
        let first = try await publishTone(right)
        let heard = try await left.wait { _ in left.loudness.seconds > 0.5 ? true : nil }
        #expect(heard == true && left.loudness.rms > 1000, "\(left.loudness)\n\(left.summary)")
        await server.cutSignals(of: "right")
        let resumed = try await right.wait { events in
            events.contains { if case .resumed = $0 { true } else { false } } ? true : nil
        }
        #expect(resumed == true, "\(right.summary)")
        let second = try await publishTone(left)
        let answered = try await right.wait { _ in right.loudness.seconds > 0.5 ? true : nil }
        #expect(answered == true && right.loudness.rms > 1000, "\(right.loudness)\n\(right.summary)")
        let before = left.loudness.seconds
        let goesOn = try await left.wait { _ in left.loudness.seconds > before + 0.5 ? true : nil }
        #expect(goesOn == true, "\(left.summary)")
        #expect(await server.singleConnections(of: "left") == [true])
        first.cancel()
        second.cancel()
        await left.leave()
        await right.leave()
        await server.stop()
    }

    @Test("more voices than sections were ready for are heard over a single connection")
    func moreSectionsAreMade() async throws {
        let server = try await startDevServer()
        let listener = try RoomProbe(server: server, room: "r", identity: "bot", hidden: true, group: group) {
            $0.readyAudioSections = 1
        }
        try #require(try await listener.waitUntilReady(), "\(listener.summary)")
        var speakers: [(probe: RoomProbe, microphone: Task<Void, Never>)] = []
        for number in 1...3 {
            let probe = try RoomProbe(server: server, room: "r", identity: "speaker \(number)", group: group)
            speakers.append((probe, try await publishTone(probe)))
        }
        let subscribed = try await listener.wait { events in
            let tracks = events.compactMap { if case .trackSubscribed(let track) = $0 { track.track.sid } else { nil } }
            return Set(tracks).count == 3 ? true : nil
        }
        #expect(subscribed == true, "\(listener.summary)")
        let before = listener.loudness.seconds
        let sentBefore = speakers.map(\.probe.soundSent).max() ?? .zero
        let isHeard = try await listener.wait(30) { _ in listener.loudness.seconds > before + 3 ? true : nil }
        // Three voices give three seconds of sound for each second that one of them sends.
        let sent = (speakers.map(\.probe.soundSent).max() ?? .zero) - sentBefore
        #expect(isHeard == true && sent < .seconds(2.5), "\(listener.loudness) for \(sent) of each")
        for speaker in speakers {
            speaker.microphone.cancel()
            await speaker.probe.leave()
        }
        await listener.leave()
        await server.stop()
    }

    @Test("a server that is restarted is joined again")
    func serverRestartIsRejoined() async throws {
        let server = try await startDevServer()
        let port = server.port
        let client = try RoomProbe(server: server, room: "r", identity: "client", group: group)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        await server.kill()
        let second = try await startDevServer { $0.port = port }
        let rejoined = try await client.wait(15) { events in
            events.contains { if case .joined(_, _, true) = $0 { true } else { false } } ? true : nil
        }
        #expect(rejoined == true, "\(client.summary)")
        let ready = try await client.wait(10) { events in
            events.count { if case .ready = $0 { true } else { false } } >= 2 ? true : nil
        }
        #expect(ready == true, "\(client.summary)")
        await client.leave()
        await second.stop()
    }

    @Test("a published track is told again, under its new sid, after joining again")
    func publicationIsToldAgain() async throws {
        let server = try await startDevServer()
        let port = server.port
        let client = try RoomProbe(server: server, room: "r", identity: "client", group: group)
        try #require(try await client.waitUntilReady(), "\(client.summary)")
        let told = Mutex<[String]>([])
        _ = try await client.room.perform { engine in
            engine.publishAudio { sid in told.withLock { $0.append(sid) } }
        }
        _ = try await client.wait { _ in told.withLock(\.count) == 1 ? true : nil }
        await server.kill()
        let second = try await startDevServer { $0.port = port }
        _ = try await client.wait(15) { _ in told.withLock(\.count) == 2 ? true : nil }
        let sids = told.withLock { $0 }
        #expect(sids.count == 2 && Set(sids).count == 2, "\(sids)\n\(client.summary)")
        await client.leave()
        await second.stop()
    }

    @Test("a server that listens on every interface names an address to join by, and carries media")
    func wildcardHost() async throws {
        let server = try await startDevServer { $0.host = "0.0.0.0" }
        #expect(!server.url.contains("0.0.0.0") && server.isOpen)
        let client = try RoomProbe(server: server, room: "r", identity: "client", group: group) {
            $0.interfaces = InterfacePolicy()
        }
        #expect(try await client.waitUntilReady(), "\(client.summary)")
        await client.leave()
        await server.stop()
    }

    @Test("a wrong secret is refused with the status and without the token in the message")
    func wrongSecretIsRefused() async throws {
        let server = try await startDevServer { $0.secret = "another" }
        let client = try RoomProbe(server: server, room: "r", identity: "client", group: group)
        let reason = try await client.wait { events in
            events.lazy.compactMap { if case .disconnected(let reason) = $0 { "\(reason)" } else { nil } }.first
        }
        let text = try #require(reason, "\(client.summary)")
        #expect(text.contains("401"))
        #expect(!text.contains("eyJ"))
        await server.stop()
    }

    private func say(_ text: String, _ probe: RoomProbe) async throws {
        try await probe.room.send(UserData(payload: ByteBuffer(string: text), topic: "t"))
    }

    /// Publishes a loud tone until cancelled.
    private func publishTone(_ probe: RoomProbe) async throws -> Task<Void, Never> {
        try #require(try await probe.waitUntilReady(), "\(probe.summary)")
        _ = try await probe.room.perform { engine in engine.publishAudio() }
        let tone = (0..<960).map { Int16(12_000 * sine(Double($0) / 48)) }
        let room = probe.room
        return Task { [probe] in
            while !Task.isCancelled {
                if (try? await room.perform({ try $0.sendAudio(tone) })) != nil { probe.sent(frames: 1) }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}

/// One period is 1.
private func sine(_ turns: Double) -> Double {
    var x = (turns - turns.rounded()) * 2
    // A parabola is near enough to a sine for loudness.
    x = x < 0 ? 4 * x * (1 + x) : 4 * x * (1 - x)
    return x
}
