import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import Web

@Suite struct WebSocketTests {
    private static var echo: Routes {
        var routes = Routes()
        routes.on(.GET, "/plain") { _ in .text("plain") }
        routes.onUpgrade("/echo") { _ in
            .accept { socket in
                socket.onMessage { message in
                    switch message {
                    case .text(let text): socket.send(text)
                    case .binary(let bytes): socket.send(bytes)
                    }
                }
            }
        }
        routes.onUpgrade("/refused") { _ in .refuse(.text("no permissions", status: .unauthorized)) }
        return routes
    }

    @Test("a refusal is an ordinary response, before any 101")
    func aRefusalIsAnOrdinaryResponse() async throws {
        try await withServer(Self.echo) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/refused"))
                let response = try await client.readResponse()
                #expect(response.status == 401 && response.body == "no permissions")
            }
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/elsewhere"))
                #expect(try await client.readResponse().status == 404)
            }
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/echo", key: nil))
                #expect(try await client.readResponse().status == 400)
            }
        }
    }

    @Test("messages go both ways, also on a connection that served a request before")
    func messagesGoBothWays() async throws {
        try await withServer(Self.echo) { port in
            try await RawClient.use(port: port) { client in
                try await client.send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await client.readResponse().body == "plain")
                try await client.send(RawClient.upgradeRequest("/echo"))
                let upgraded = try await client.readResponse()
                #expect(upgraded.status == 101)
                #expect(upgraded.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
                try await client.send(RawClient.frame(opcode: 1, Array("héllo".utf8)))
                let text = try #require(await client.readFrame())
                #expect(text.opcode == 1 && text.payload == Array("héllo".utf8))
                let big = [UInt8](repeating: 7, count: 100_000)
                try await client.send(RawClient.frame(opcode: 2, big))
                let binary = try #require(await client.readFrame())
                #expect(binary.opcode == 2 && binary.payload == big)
            }
        }
    }

    @Test("what the client sends together with its handshake is not lost")
    func earlyMessagesAreNotLost() async throws {
        try await withServer(Self.echo) { port in
            try await RawClient.use(port: port) { client in
                let handshake = Array(RawClient.upgradeRequest("/echo").utf8)
                try await client.send(handshake + RawClient.frame(opcode: 1, Array("early".utf8)))
                #expect(try await client.readResponse().status == 101)
                #expect(try #require(await client.readFrame()).payload == Array("early".utf8))
            }
        }
    }

    @Test("the server may speak first")
    func theServerMaySpeakFirst() async throws {
        var routes = Routes()
        routes.onUpgrade("/") { _ in .accept { $0.send("welcome") } }
        try await withServer(routes) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/"))
                #expect(try await client.readResponse().status == 101)
                #expect(try #require(await client.readFrame()).payload == Array("welcome".utf8))
            }
        }
    }

    @Test("fragments are joined, with a ping between them answered")
    func fragmentsAreJoined() async throws {
        try await withServer(Self.echo) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/echo"))
                _ = try await client.readResponse()
                try await client.send(RawClient.frame(opcode: 1, Array("one ".utf8), isFinal: false))
                try await client.send(RawClient.frame(opcode: 9, Array("?".utf8)))
                try await client.send(RawClient.frame(opcode: 0, Array("two".utf8)))
                let pong = try #require(await client.readFrame())
                #expect(pong.opcode == 10 && pong.payload == Array("?".utf8))
                #expect(try #require(await client.readFrame()).payload == Array("one two".utf8))
            }
        }
    }

    struct Violation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: UInt16
        let bytes: [UInt8]

        static let half = [UInt8](repeating: 0, count: 900)

        private static func reserved(_ bit: UInt8) -> [UInt8] {
            var frame = RawClient.frame(opcode: 2, [1])
            frame[0] |= bit
            return frame
        }

        static let all = [
            Violation(testDescription: "text", code: 1007, bytes: RawClient.frame(opcode: 1, [0xC3, 0x28])),
            Violation(testDescription: "continuation", code: 1002, bytes: RawClient.frame(opcode: 0, [1])),
            Violation(
                testDescription: "interleaved", code: 1002,
                bytes: RawClient.frame(opcode: 2, [1], isFinal: false) + RawClient.frame(opcode: 2, [1])),
            Violation(
                testDescription: "large frame", code: 1009,
                bytes: RawClient.frame(opcode: 2, [], claimedLength: 5000)),
            Violation(
                testDescription: "large message", code: 1009,
                bytes: RawClient.frame(opcode: 2, half, isFinal: false) + RawClient.frame(opcode: 0, half)),
            Violation(testDescription: "unmasked", code: 1002, bytes: [0x82, 1, 7]),
            Violation(testDescription: "unmasked and empty", code: 1002, bytes: [0x89, 0]),
            Violation(testDescription: "reserved bit", code: 1002, bytes: reserved(0x40)),
            Violation(testDescription: "another reserved bit", code: 1002, bytes: reserved(0x10)),
            Violation(testDescription: "close", code: 4000, bytes: RawClient.frame(opcode: 8, [0x0F, 0xA0])),
        ]
    }

    @Test(
        "what breaks the protocol is closed with its code",
        arguments: Violation.all)
    func violationsAreClosedWithACode(violation: Violation) async throws {
        var configuration = WebServer.Configuration.patient
        configuration.maximumMessageBytes = 1000
        try await withServer(Self.echo, configuration) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/echo"))
                _ = try await client.readResponse()
                try await client.send(violation.bytes)
                let close = try #require(await client.readFrame())
                #expect(close.opcode == 8)
                #expect(
                    close.payload.prefix(2).elementsEqual([UInt8(violation.code >> 8), UInt8(violation.code & 0xFF)]))
            }
        }
    }

    @Test("how a connection ended is told: code and reason, or 1006 when it was cut")
    func theEndIsTold() async throws {
        let (ends, continuation) = AsyncStream.makeStream(of: WebSocketClose.self)
        var routes = Routes()
        routes.onUpgrade("/") { _ in .accept { socket in socket.onClose { continuation.yield($0) } } }
        try await withServer(routes) { port in
            var received = ends.makeAsyncIterator()
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/"))
                _ = try await client.readResponse()
                try await client.send(RawClient.frame(opcode: 8, [0x0F, 0xA1] + Array("bye".utf8)))
            }
            #expect(await received.next() == WebSocketClose(code: 4001, reason: "bye"))
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/"))
                _ = try await client.readResponse()
            }
            #expect(await received.next() == .abnormal)
        }
    }

    @Test("a silent peer is pinged, then cut")
    func aSilentPeerIsCut() async throws {
        var configuration = WebServer.Configuration.patient
        configuration.pingInterval = .milliseconds(50)
        try await withServer(Self.echo, configuration) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/echo"))
                _ = try await client.readResponse()
                var pings = 0
                while let frame = await client.readFrame() { pings += frame.opcode == 9 ? 1 : 0 }
                #expect(pings == 3)
            }
        }
    }

    @Test("stopping closes WebSockets with 1001, killing cuts them")
    func stoppingClosesWebSockets() async throws {
        for isGraceful in [true, false] {
            let server = try await WebServer.start(.patient, routes: Self.echo)
            try await RawClient.use(port: server.port) { client in
                try await client.send(RawClient.upgradeRequest("/echo"))
                _ = try await client.readResponse()
                if isGraceful {
                    async let stopped: Void = server.stop(grace: .milliseconds(500))
                    let close = try #require(await client.readFrame())
                    #expect(close.opcode == 8 && close.payload.prefix(2).elementsEqual([0x03, 0xE9]))
                    await stopped
                } else {
                    await server.kill()
                    #expect(await client.readFrame() == nil)
                }
            }
        }
    }

    @Test("nothing of a connection stays when it is gone")
    func connectionsAreReleased() async throws {
        let kept = Mutex(Weak())
        let (ends, continuation) = AsyncStream.makeStream(of: WebSocketClose.self)
        var routes = Routes()
        routes.onUpgrade("/") { _ in
            .accept { socket in
                kept.withLock { $0.connection = socket }
                socket.onMessage { _ in socket.send("kept alive by its own callback") }
                socket.onClose { continuation.yield($0) }
            }
        }
        try await withServer(routes) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/"))
                _ = try await client.readResponse()
            }
            var received = ends.makeAsyncIterator()
            _ = await received.next()
            // The event loop lets go of its last reference after the callback.
            for _ in 0..<200 {
                if kept.withLock({ $0.connection == nil }) { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(kept.withLock { $0.connection == nil })
        }
    }

    private struct Weak: Sendable {
        weak var connection: WebSocketConnection?
    }

    @Test("a slow reader is cut when too much waits for it")
    func aSlowReaderIsCut() async throws {
        let (ends, continuation) = AsyncStream.makeStream(of: WebSocketClose.self)
        var routes = Routes()
        routes.onUpgrade("/") { _ in
            .accept { socket in
                socket.onClose { continuation.yield($0) }
                socket.onMessage { _ in
                    for _ in 0..<64 { socket.send(ByteBuffer(repeating: 1, count: 1 << 20)) }
                }
            }
        }
        var configuration = WebServer.Configuration.patient
        configuration.maximumPendingBytes = 4 << 20
        try await withServer(routes, configuration) { port in
            try await RawClient.use(port: port) { client in
                try await client.send(RawClient.upgradeRequest("/"))
                _ = try await client.readResponse()
                try await client.send(RawClient.frame(opcode: 1, Array("go".utf8)))
                var received = ends.makeAsyncIterator()
                #expect(await received.next() == .abnormal)
            }
        }
    }
}
