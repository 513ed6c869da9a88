import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import LiveKit

struct WebSocketTests {
    private let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func connect(
        _ server: RawServer, configuration: TransportConfiguration = .init(), _ events: Events<WebSocketEvent> = .init()
    ) async throws -> WebSocket {
        let request = WebSocketRequest(
            server: try server.url, target: "/rtc?a=b", token: AccessToken(jwt: token))
        return try await WebSocket.connect(request, on: loop, configuration: configuration, onEvent: events.send).get()
    }

    private func isEnd(_ event: WebSocketEvent) -> Bool {
        if case .ended = event { true } else { false }
    }

    private func messages(_ events: [WebSocketEvent]) -> [String] {
        events.compactMap { event in
            if case .message(let bytes, _) = event { String(buffer: bytes) } else { nil }
        }
    }

    private func end(_ events: [WebSocketEvent]) -> WebSocketEnd? {
        if case .ended(let end)? = events.last { end } else { nil }
    }

    @Test func messagesGoBothWaysAndFramesAreMasked() async throws {
        let server = try await RawServer(
            respond: { .upgrade($0) },
            onFrame: { frame, write in
                write(RawServer.frame(frame.opcode, frame.payload.reversed()))
            })
        let events = Events<WebSocketEvent>()
        let socket = try await connect(server, events)
        socket.send(ByteBuffer(string: "abc"))
        let large = String(repeating: "x", count: 70_000)
        socket.send(ByteBuffer(string: large))
        let received = try await events.collect {
            if case .message(let bytes, _) = $0 { bytes.readableBytes > 3 } else { true }
        }
        #expect(messages(received) == ["cba", large])
        #expect(server.frames.withLockedValue { $0.allSatisfy { $0.isMasked && $0.opcode == 2 } })
        let request = try #require(server.requests.withLockedValue { $0.first })
        #expect(request.line == "GET /rtc?a=b HTTP/1.1")
        #expect(request.headers["authorization"] == "Bearer \(token)")
        socket.abort()
        try await server.stop()
    }

    @Test func aFrameInTheSameWriteAsThe101IsNotLost() async throws {
        let server = try await RawServer(respond: { .upgrade($0, frames: RawServer.frame(2, Array("early".utf8))) })
        let events = Events<WebSocketEvent>()
        let socket = try await connect(server, events)
        let received = try await events.collect { _ in true }
        #expect(messages(received) == ["early"])
        socket.abort()
        try await server.stop()
    }

    @Test func fragmentsArePutTogetherAroundAPing() async throws {
        let frames =
            RawServer.frame(2, Array("one ".utf8), isFinal: false)
            + RawServer.frame(0, Array("two ".utf8), isFinal: false)
            + RawServer.frame(9, Array("p".utf8)) + RawServer.frame(0, Array("three".utf8))
        let server = try await RawServer(
            respond: { .upgrade($0, frames: frames) },
            onFrame: { frame, write in if frame.opcode == 10 { write(nil) } })
        let events = Events<WebSocketEvent>()
        _ = try await connect(server, events)
        let received = try await events.collect { isEnd($0) }
        #expect(messages(received) == ["one two three"])
        #expect(server.frames.withLockedValue { $0 } == [.init(opcode: 10, isMasked: true, payload: Array("p".utf8))])
        guard case .lost? = end(received) else {
            Issue.record("\(received)")
            return
        }
        try await server.stop()
    }

    @Test(arguments: [
        (RawServer.frame(0, [1]), "a continuation without a beginning", 1002 as UInt16),
        (
            RawServer.frame(2, [1], isFinal: false) + RawServer.frame(2, [1]), "a new message begins inside another",
            1002
        ),
        (RawServer.frame(2, [1], reserved: 0x40), "a reserved bit is set", 1002),
        (RawServer.frame(2, [1], length: 2000), "a frame is larger than 1000 bytes", 1009),
        (RawServer.frame(2, [1], length: 1 << 40), "a frame is larger than 1000 bytes", 1009),
        (
            RawServer.frame(2, [UInt8](repeating: 0, count: 900), isFinal: false)
                + RawServer.frame(0, [UInt8](repeating: 0, count: 200)), "a message is larger than 1000 bytes", 1009
        ),
    ])
    func brokenFramesEndTheSocketWithTheReason(frames: [UInt8], reason: String, code: UInt16) async throws {
        let server = try await RawServer(respond: { .upgrade($0, frames: frames) })
        var configuration = TransportConfiguration()
        configuration.largestMessage = 1000
        let events = Events<WebSocketEvent>()
        _ = try await connect(server, configuration: configuration, events)
        let received = try await events.collect { isEnd($0) }
        #expect(received.count == 1)
        #expect(end(received) == .violated(reason))
        try await eventually { server.frames.withLockedValue { !$0.isEmpty } }
        #expect(server.frames.withLockedValue { $0.first?.payload } == [UInt8(code >> 8), UInt8(code & 0xFF)])
        try await server.stop()
    }

    @Test func closingIsAHandshakeBothWays() async throws {
        let byServer = try await RawServer(respond: {
            .upgrade($0, frames: RawServer.frame(8, [0x03, 0xE8] + Array("bye \(token)".utf8)))
        })
        let events = Events<WebSocketEvent>()
        _ = try await connect(byServer, events)
        #expect(end(try await events.collect { isEnd($0) }) == .closedByPeer(code: 1000, reason: "bye <redacted>"))
        try await eventually { byServer.frames.withLockedValue { $0.first?.payload } == [0x03, 0xE8] }
        try await byServer.stop()

        let byClient = try await RawServer(
            respond: { .upgrade($0) },
            onFrame: { frame, write in if frame.opcode == 8 { write(RawServer.frame(8, frame.payload)) } })
        let ours = Events<WebSocketEvent>()
        let socket = try await connect(byClient, ours)
        socket.close(code: 1000)
        #expect(end(try await ours.collect { isEnd($0) }) == .closedLocally)
        try await byClient.stop()
    }

    @Test func aPeerThatDoesNotAnswerACloseIsLeft() async throws {
        let server = try await RawServer(respond: { .upgrade($0) })
        var configuration = TransportConfiguration()
        configuration.closeTimeout = .milliseconds(100)
        let events = Events<WebSocketEvent>()
        let socket = try await connect(server, configuration: configuration, events)
        socket.close()
        #expect(end(try await events.collect { isEnd($0) }) == .closedLocally)
        try await server.stop()
    }

    @Test(arguments: [400, 401, 404, 503])
    func aRefusalCarriesStatusAndABodyWithoutTokens(status: Int) async throws {
        let body = "invalid token: \(token), error: expired\n"
        let server = try await RawServer(respond: { _ in .http(status, Array(body.utf8)) })
        await #expect(
            throws: TransportError.refused(
                HTTPRefusal(status: status, body: "invalid token: <redacted>, error: expired"))
        ) { try await connect(server) }
        try await server.stop()
    }

    @Test func answersThatAreNoUpgradeAreTypedErrors() async throws {
        let replies: [(String, @Sendable (TransportError) -> Bool)] = [
            ("SSH-2.0-OpenSSH\r\n\r\n", { if case .badResponse = $0 { true } else { false } }),
            (
                "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n",
                { if case .badResponse = $0 { true } else { false } }
            ),
            ("", { $0 == .connectionLost }),
        ]
        for (text, isRight) in replies {
            let server = try await RawServer(respond: { _ in .init(bytes: Array(text.utf8), thenCloses: true) })
            await #expect {
                try await connect(server)
            } throws: { error in
                (error as? TransportError).map(isRight) ?? false
            }
            try await server.stop()
        }
    }

    @Test func aServerThatNeverAnswersTimesOut() async throws {
        let server = try await RawServer(respond: { _ in nil })
        var configuration = TransportConfiguration()
        configuration.connectTimeout = .seconds(2)
        await #expect(throws: TransportError.timedOut(.upgrading)) {
            try await connect(server, configuration: configuration)
        }
        let url = try server.url
        try await server.stop()
        let request = WebSocketRequest(server: url, target: "/", token: AccessToken(jwt: token))
        await #expect(
            throws: TransportError.unreachable(host: "127.0.0.1", port: url.port, reason: "connection refused")
        ) { try await WebSocket.connect(request, on: loop, onEvent: { _ in }).get() }
    }

    @Test func plainTextWhereTLSIsExpectedIsATLSError() async throws {
        let server = try await RawServer(respond: { _ in .http(200, []) })
        let url = try ServerURL("wss://127.0.0.1:\(try server.url.port)")
        let request = WebSocketRequest(server: url, target: "/", token: AccessToken(jwt: token))
        var configuration = TransportConfiguration()
        configuration.connectTimeout = .seconds(2)
        await #expect {
            try await WebSocket.connect(request, on: loop, configuration: configuration, onEvent: { _ in }).get()
        } throws: { error in
            switch error as? TransportError {
            case .tls, .timedOut, .connectionLost: true
            default: false
            }
        }
        try await server.stop()
    }
}

/// Waits until a condition holds, at most 30 s.
func eventually(_ condition: @Sendable () -> Bool) async throws {
    for _ in 0..<3000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("the condition did not come to hold")
}
