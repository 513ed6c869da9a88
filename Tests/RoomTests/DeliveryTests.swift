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

    private func say(_ text: String, _ probe: RoomProbe, to destinations: [Identity] = []) async throws {
        try await probe.room.send(UserData(payload: ByteBuffer(string: text), topic: "t"), to: destinations)
    }

    private func waitUntilAcknowledged(_ probe: RoomProbe) async throws {
        for _ in 0..<100 {
            let outstanding = try await probe.room.perform { engine -> Int? in
                guard let transports = engine.transports, let channel = transports.reliable else { return nil }
                return transports.publisher.perform { connection, _ in connection.unacknowledgedAmount(channel) }
            }
            if outstanding == .some(0) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("not acknowledged in 2 s")
    }
}
