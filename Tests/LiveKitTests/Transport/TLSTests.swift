import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import TLSFront
import Testing

@testable import LiveKit

/// `wss` and `https` against a server with a certificate made on the spot.
struct TLSTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("a trusted certificate is accepted, an unknown one is an error", .enabled(if: SelfSigned.canBeMade))
    func certificates() async throws {
        let certificate = try SelfSigned()
        let server = try await RawServer(
            tls: certificate.serverContext(),
            respond: { .upgrade($0, frames: RawServer.frame(2, Array("secret".utf8))) })
        var configuration = TransportConfiguration()
        configuration.tls = ClientTLS(certificate.trusting)
        for host in ["127.0.0.1", "localhost"] {
            let url = try ServerURL("wss://\(host):\(try server.url.port)")
            let request = WebSocketRequest(server: url, target: "/rtc", token: AccessToken(jwt: "t"))
            let events = Events<WebSocketEvent>()
            let socket = try await WebSocket.connect(
                request, on: loop, configuration: configuration, onEvent: events.send
            ).get()
            guard case .message(let bytes, true)? = try await events.collect(until: { _ in true }).first else {
                Issue.record("no message")
                return
            }
            #expect(String(buffer: bytes) == "secret")
            socket.abort()
            await #expect {
                try await WebSocket.connect(request, on: loop, onEvent: { _ in }).get()
            } throws: { error in
                if case .tls? = error as? TransportError { true } else { false }
            }
            await #expect {
                try await ServerAPI(server: url, key: APIKey(name: "k", secret: "s")).listRooms()
            } throws: { error in
                if case .transport(_, .tls)? = error as? ServerAPIError { true } else { false }
            }
        }
        try await server.stop()
    }

    /// How often a trust store was read, and whether on an event loop.
    private struct Readings {
        var count = 0
        var onLoop = 0
    }

    @Test(
        "connections of rooms and workers share one trust store, read once and off the loops",
        .enabled(if: SelfSigned.canBeMade))
    func oneTrustStore() async throws {
        let certificate = try SelfSigned()
        let trusting = certificate.trusting
        let readings = NIOLockedValueBox(Readings())
        let loops = (0..<4).map { _ in MultiThreadedEventLoopGroup.singleton.next() }
        var configuration = TransportConfiguration()
        configuration.tls = ClientTLS {
            readings.withLockedValue {
                $0.count += 1
                if loops.contains(where: \.inEventLoop) { $0.onLoop += 1 }
            }
            return try NIOSSLContext(configuration: trusting)
        }
        let server = try await RawServer(
            tls: certificate.serverContext(),
            respond: { $0.target.hasPrefix("/twirp") ? .http(200, [], type: "application/protobuf") : .upgrade($0) })
        let url = try ServerURL("wss://localhost:\(try server.url.port)")
        let key = try APIKey(name: "k", secret: "s")
        let transport = configuration
        let workers = loops.map { loop in
            AgentWorker(
                server: url, key: key, transport: transport, eventLoop: loop,
                decide: { _ in .decline }, onEvent: { _ in })
        }
        for worker in workers { worker.start() }
        let clients = try await loops.asyncMap { loop in
            try await loop.submit {
                let client = SignalClient(
                    options: SignalOptions(server: url, token: AccessToken(jwt: "t")), transport: transport,
                    eventLoop: loop)
                client.connect()
                return NIOLoopBound(client, eventLoop: loop)
            }.get()
        }
        let api = ServerAPI(server: url, key: key, caFile: certificate.certificate)
        _ = try await api.listRooms()
        try await eventually { server.requests.withLockedValue { $0.count == 9 } }
        #expect(readings.withLockedValue { $0.count } == 1)
        #expect(readings.withLockedValue { $0.onLoop } == 0)
        for worker in workers { worker.close() }
        for client in clients { client.eventLoop.execute { client.value.leave() } }
        try await server.stop()
    }

    @Test("a trust store that cannot be read is an error of each connection, and is read again by the next")
    func unreadableTrustStore() async throws {
        struct Unreadable: Error {}
        let attempts = NIOLockedValueBox(0)
        var configuration = TransportConfiguration()
        configuration.tls = ClientTLS {
            attempts.withLockedValue { $0 += 1 }
            throw Unreadable()
        }
        let request = WebSocketRequest(
            server: try ServerURL("wss://localhost:1"), target: "/rtc", token: AccessToken(jwt: "t"))
        for attempt in 1...2 {
            await #expect {
                try await WebSocket.connect(request, on: loop, configuration: configuration, onEvent: { _ in }).get()
            } throws: { error in
                if case .tls? = error as? TransportError { true } else { false }
            }
            #expect(attempts.withLockedValue { $0 } == attempt)
        }
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
