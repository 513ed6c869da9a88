import DevServer
import LiveKit
import NIOCore
import NIOPosix
import SansIO
import TLSFront
import Testing

/// A server behind TLS, as every public one is.
@Suite struct SecureRoomTests {
    @Test(
        "over wss and https a room is joined, heard and listed, and a worker registers",
        .enabled(if: SelfSigned.canBeMade), .timeLimit(.minutes(1)))
    func everythingWorksOverTLS() async throws {
        let server = try await startDevServer()
        let certificate = try SelfSigned()
        let front = try await TLSFront(before: server.port, certificate)
        var transport = TransportConfiguration()
        transport.tls = ClientTLS(certificate.trusting)
        let secure = transport
        let url = "wss://localhost:\(front.port)"
        let group = MultiThreadedEventLoopGroup.singleton
        let key = try APIKey(name: "devkey", secret: "secret")

        let registered = group.next().makePromise(of: Void.self)
        let worker = AgentWorker(
            server: try ServerURL(url), key: key, transport: secure, eventLoop: group.next(),
            decide: { _ in .decline },
            onEvent: { event in
                switch event {
                case .registered: registered.succeed()
                case .refused(let error): registered.fail(error)
                default: break
                }
            })
        worker.start()
        try await registered.futureResult.get()

        let probes = try ["left", "right"].map { identity in
            try RoomProbe(url: url, room: "r", identity: Identity(identity), group: group) { $0.transport = secure }
        }
        for probe in probes { try #require(try await probe.waitUntilReady(), "\(probe.summary)") }
        try await probes[0].room.send(UserData(payload: ByteBuffer(string: "hello"), topic: "t"))
        let heard = try await probes[1].wait { _ in probes[1].packets("t").first }
        #expect(heard?.text == "hello" && heard?.sender == "left")
        let api = ServerAPI(server: try ServerURL(url), key: key, caFile: certificate.certificate)
        #expect(try await api.listParticipants(room: "r").map(\.identity).sorted() == ["left", "right"])
        for probe in probes { await probe.leave() }
        worker.close()
        try await front.stop()
        await server.stop()
    }
}
