import NIOCore
import RTCMedia
import Testing
import VirtualLoop

@testable import LiveKit

/// What the server says on refusing a request, on its way to the log.
@Suite struct RefusedRequestTests {
    @Test("the server's words on a refusal are one short line without a token")
    func tokensAreTakenOut() throws {
        let pool = try ThreadPool(threadCount: 1)
        defer { pool.shutdown() }
        let engine = RoomEngine(
            options: RoomOptions(
                signal: SignalOptions(server: try ServerURL("ws://localhost"), token: AccessToken(jwt: "")),
                identity: try .generate(), pool: pool), eventLoop: VirtualLoop())
        var warnings: [String] = []
        engine.onEvent = { if case .warning(let text) = $0 { warnings.append(text) } }
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
        engine.signal.onEvent?(
            .message(
                .requestResponse(
                    .with {
                        $0.reason = .notAllowed
                        $0.message = "no:\nAuthorization: Bearer \(token)\n" + String(repeating: "x", count: 5000)
                    })))
        #expect(warnings.count == 1)
        let text = try #require(warnings.first)
        #expect(!text.contains("eyJ") && !text.contains(token.suffix(10)) && !text.contains("\n"), "\(text)")
        #expect(text.hasPrefix("the server refused a request: notAllowed no: Authorization: Bearer <redacted>"))
        #expect(text.utf8.count < 300)
    }
}
