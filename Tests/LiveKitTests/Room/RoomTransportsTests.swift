import NIOEmbedded
import RTCCore
import RTCMedia
import RTCNetwork
import Testing

@testable import LiveKit

/// What a room's options make of its peer connections.
@Suite struct RoomTransportsTests {
    @Test("every peer connection of a room runs SRTP on the chosen library", arguments: SRTPEngineKind.allCases)
    func engine(kind: SRTPEngineKind) throws {
        let key = try APIKey(name: "k", secret: "s")
        let token = try AccessToken(signing: TokenClaims(identity: "a", video: .join(room: "r")), with: key, now: 0)
        var options = RoomOptions(
            signal: SignalOptions(server: try ServerURL("ws://127.0.0.1:9"), token: token), identity: try .generate(),
            pool: try ThreadPool(threadCount: 1))
        options.srtpEngine = kind
        let transports = RoomTransports(
            version: .v0, options: options, eventLoop: EmbeddedEventLoop(),
            callbacks: .init(
                event: { _, _ in }, media: { _, _ in nil }, caughtUp: {}, beating: { _ in }, offer: { _ in },
                answer: { _ in }, warning: { _ in }))
        let subscriber = try #require(transports.subscriber)
        for driver in [transports.publisher, subscriber] {
            #expect(driver.perform { connection, _ in connection.configuration.srtpEngine } == kind)
        }
        transports.close()
    }
}
