import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import LiveKit

struct SignalClientTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private static func frame(_ message: Livekit_SignalResponse.OneOf_Message) -> [UInt8] {
        var response = Livekit_SignalResponse()
        response.message = message
        return RawServer.frame(2, Array(response.encoded().readableBytesView))
    }

    private static let join = frame(.join(.with { $0.participant.sid = "PA_1" }))

    @Test func itFallsBackJoinsAndResumesAfterACut() async throws {
        let server = try await RawServer(
            respond: { request in
                if request.target.hasPrefix("/rtc/v1") { return .http(404, Array("404 page not found".utf8)) }
                if request.target.contains("reconnect=1") {
                    return .upgrade(request, frames: Self.frame(.reconnect(.init())))
                }
                return .upgrade(request, frames: Self.join + Self.frame(.refreshToken("newer")))
            },
            onFrame: { frame, write in
                guard frame.opcode == 2,
                    let request = try? Livekit_SignalRequest(parsing: ByteBuffer(bytes: frame.payload))
                else { return }
                switch request.message {
                case .mute: write(nil)
                case .leave: write(Self.frame(.leave(.with { $0.reason = .clientInitiated })))
                default: break
                }
            })
        let url = try server.url
        let events = Events<SignalEvent>()
        let bound = try await loop.submit { [loop] in
            let client = SignalClient(
                options: SignalOptions(server: url, token: AccessToken(jwt: "old")), eventLoop: loop)
            client.onEvent = events.send
            client.connect()
            return NIOLoopBound(client, eventLoop: loop)
        }.get()
        _ = try await events.collect { if case .joined(_, .v0, isRejoin: false) = $0 { true } else { false } }
        try await eventually { server.requests.withLockedValue { $0.count == 2 } }
        // The server cuts the connection when it sees this.
        try await loop.submit { bound.value.send(.with { $0.mute.sid = "TR_1" }) }.get()
        _ = try await events.collect { if case .resumed = $0 { true } else { false } }
        let requests = server.requests.withLockedValue { $0 }
        #expect(requests.map { $0.headers["authorization"] } == ["Bearer old", "Bearer old", "Bearer newer"])
        #expect(requests.last?.target.hasSuffix("&reconnect=1&sid=PA_1&reconnect_reason=1") == true)
        try await loop.submit { bound.value.leave() }.get()
        _ = try await events.collect { if case .disconnected(.leftLocally) = $0 { true } else { false } }
        try await server.stop()
    }

    @Test func aRefusedTokenIsReportedWithoutIt() async throws {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
        let server = try await RawServer(respond: { _ in .http(401, Array("invalid token: \(token)".utf8)) })
        let url = try server.url
        let events = Events<SignalEvent>()
        let bound = try await loop.submit { [loop] in
            let client = SignalClient(
                options: SignalOptions(server: url, token: AccessToken(jwt: token)), eventLoop: loop)
            client.onEvent = events.send
            client.connect()
            return NIOLoopBound(client, eventLoop: loop)
        }.get()
        let received = try await events.collect { if case .disconnected = $0 { true } else { false } }
        #expect("\(received)".contains("401"))
        #expect(!"\(received)".contains("eyJ"))
        try await loop.submit { #expect(bound.value.token.jwt == token) }.get()
        try await server.stop()
    }
}
