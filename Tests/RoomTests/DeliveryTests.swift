import DevServer
import NIOCore
import NIOPosix
import SansIO
import Testing

@testable import LiveKit

/// What becomes of messages whose connection dies under them.
@Suite(.serialized) struct DeliveryTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test(
        "what was handed to a dead path arrives once, whole and in order, after the server forgot the session",
        arguments: [SignalVersion.v1, .v0])
    func lostMessagesAreSentAgain(version: SignalVersion) async throws {
        let server = try await startDevServer()
        let left = try RoomProbe(server: server, room: "r", identity: "left", over: version, group: group)
        let right = try RoomProbe(server: server, room: "r", identity: "right", over: version, group: group)
        try #require(try await left.waitUntilReady(), "\(left.summary)")
        try #require(try await right.waitUntilReady(), "\(right.summary)")
        try await say("before", left)
        try #require(try await right.wait { _ in right.packets("t").count == 1 ? true : nil } == true)
        try await waitUntilAcknowledged(left)
        await server.dropMedia(for: .seconds(60), of: "left")
        try await say("during", left, to: ["right"])
        let text = String(repeating: "a hint, ", count: 5000)
        try await left.room.sendText(text, topic: "lk.chat")
        try await say("last", left)
        await server.forget("left")
        let rejoined = try await left.wait(15) { events in
            events.count { if case .ready = $0 { true } else { false } } == 2 ? true : nil
        }
        try #require(rejoined == true, "\(left.summary)")
        try await say("after", left)
        _ = try await right.wait { _ in right.packets("t").contains { $0.text == "after" } ? true : nil }
        #expect(right.packets("t").map(\.text) == ["before", "during", "last", "after"], "\(left.summary)")
        // The server may tell of the new session after what came from it.
        _ = try await right.wait { _ in right.texts("lk.chat").isEmpty ? nil : true }
        #expect(right.texts("lk.chat").map(\.utf8.count) == [text.utf8.count])
        #expect(right.texts("lk.chat").first == text)
        await left.leave()
        await right.leave()
        await server.stop()
    }

    @Test("a message counts as sent once the server has it, and not while it is handed to a dead path")
    func toldOnceTheServerHasIt() async throws {
        let server = try await startDevServer()
        let probe = try RoomProbe(server: server, room: "r", identity: "left", group: group)
        try #require(try await probe.waitUntilReady(), "\(probe.summary)")
        let before = try await send("before", probe)
        try #require(try await probe.wait { _ in probe.delivered["before"] } != nil, "\(probe.summary)")
        #expect(try #require(probe.delivered["before"]) - before < .seconds(1))
        await server.dropMedia(for: .seconds(2), of: "left")
        let handed = try await send("during", probe)
        try await Task.sleep(for: .milliseconds(1500))
        #expect(probe.delivered["during"] == nil, "the path is dead")
        try #require(try await probe.wait(15) { _ in probe.delivered["during"] } != nil, "\(probe.summary)")
        // What left while the path was dead was not the transmission that arrived.
        #expect(try #require(probe.delivered["during"]) - handed > .milliseconds(1400), "\(probe.summary)")
        await probe.leave()
        await server.stop()
    }

    /// - Returns: when it was handed over.
    private func send(_ text: String, _ probe: RoomProbe) async throws -> Instant {
        let handed = try await probe.room.perform { engine -> Instant in
            try engine.send(UserData(payload: ByteBuffer(string: text), topic: "t"), receipt: text)
            return Instant(engine.eventLoop.now)
        }
        return try #require(handed)
    }

    private func say(_ text: String, _ probe: RoomProbe, to destinations: [Identity] = []) async throws {
        try await probe.room.send(UserData(payload: ByteBuffer(string: text), topic: "t"), to: destinations)
    }

    private func waitUntilAcknowledged(_ probe: RoomProbe) async throws {
        for _ in 0..<100 {
            if try await probe.room.perform({ $0.unacknowledged.isEmpty }) == true { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("not acknowledged in 2 s")
    }
}
