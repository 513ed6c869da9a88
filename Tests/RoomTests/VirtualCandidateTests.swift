import DevServer
import Foundation
import LiveKit
import NIOCore
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import Testing
import VirtualCandidate
import Wire
import WireSamples

/// The virtual candidate in a room.
@Suite(.serialized) struct VirtualCandidateRoomTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test("the hints that came are counted also when the script's time is over before there were enough")
    func hintsAreCountedAtTheLimit() async throws {
        let server = try await startDevServer()
        let coach = try RoomProbe(server: server, room: "r", identity: "coach", group: group)
        try #require(try await coach.waitUntilReady(), "\(coach.summary)")
        var script = try CandidateScript.demo()
        script.code = nil
        script.untilHints = 3
        script.limit = .seconds(3)
        let key = try APIKey(name: "devkey", secret: "secret")
        let token = try AccessToken(
            signing: TokenClaims(identity: "candidate", video: .join(room: "r")), with: key,
            now: Int64(Date().timeIntervalSince1970))
        let candidate = VirtualCandidate(
            script: script, server: try ServerURL(server.url), token: token, identity: try .generate(),
            pool: try ThreadPool(threadCount: 1), interfaces: InterfacePolicy(only: [.loopback]), on: group.next()
        ) { _ in }
        async let hints = candidate.run()
        let isThere = try await coach.wait { events in
            events.contains { event in
                switch event {
                case .participantJoined(let who), .participantUpdated(let who):
                    who.identity == "candidate" && who.isActive
                default: false
                }
            } ? true : nil
        }
        #expect(isThere == true, "\(coach.summary)")
        #expect(Samples.hints.count == 2)
        // What no assistant sends is no hint.
        let unreadable = #"{"type":"jask.hint","version":1,"id":"1"}"#
        for payload in [Array(unreadable.utf8)] + Samples.hints.map({ $0.encoded() }) {
            try await coach.room.send(
                UserData(payload: ByteBuffer(bytes: payload), topic: Topic.hint), to: ["candidate"])
        }
        let acknowledged = try await coach.wait { _ in coach.packets(Topic.ack).count == 2 ? true : nil }
        #expect(acknowledged == true)
        for packet in coach.packets(Topic.ack) {
            #expect(
                try AckMessage(decoding: Array(packet.text.utf8)) == AckMessage(id: Samples.hints[0].id, status: .seen))
        }
        #expect(try await hints == 2)
        await coach.leave()
        await server.stop()
    }
}
