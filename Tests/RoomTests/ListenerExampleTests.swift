import LiveKit
import NIOPosix
import SansIO
import Synchronization
import Testing

@testable import LiveKitListener

/// The example of docs/livekit-client.md does what it says.
@Suite struct ListenerExampleTests {
    @Test("the example joins, greets, and tells who is there and what they say", .timeLimit(.minutes(1)))
    func theExampleWorks() async throws {
        let server = try await startDevServer()
        let probe = try RoomProbe(
            server: server, room: "r", identity: "ada", group: MultiThreadedEventLoopGroup.singleton)
        try #require(try await probe.waitUntilReady(), "\(probe.summary)")
        let lines = Mutex<[String]>([])
        let listener = Listener(
            server: try ServerURL(server.url), key: try APIKey(name: "devkey", secret: "secret"))
        async let listening: Void = listener.listen(to: "r", for: .seconds(8)) { line in
            lines.withLock { $0.append(line) }
        }
        _ = try await probe.wait { _ in probe.texts("lk.chat").first }
        #expect(probe.texts("lk.chat") == ["hello"])
        try await probe.room.sendText("good morning", topic: "lk.chat")
        try await listening
        let seen = lines.withLock { $0 }
        for line in [
            "joined r as listener", "ada is here", "the server lists ada, standard", "ada on lk.chat: good morning",
            "disconnected: left",
        ] {
            #expect(seen.contains(line), "\(seen)")
        }
        await probe.leave()
        await server.stop()
    }
}
