import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import LiveKit

struct AgentWorkerTests {
    private static func frame(_ message: Livekit_ServerMessage.OneOf_Message) -> [UInt8] {
        var wrapped = Livekit_ServerMessage()
        wrapped.message = message
        return RawServer.frame(2, Array(wrapped.encoded().readableBytesView))
    }

    private static func offer(_ id: String) -> [UInt8] {
        frame(
            .availability(
                .with {
                    $0.job.id = id
                    $0.job.room.name = "room-\(id)"
                }))
    }

    @Test func itRegistersTakesTwoJobsAndComesBackAfterACut() async throws {
        let hasAnsweredB = NIOLockedValueBox(false)
        let server = try await RawServer(
            respond: { .upgrade($0) },
            onFrame: { frame, write in
                guard let message = try? Livekit_WorkerMessage(parsing: ByteBuffer(bytes: frame.payload)) else {
                    return
                }
                switch message.message {
                case .register:
                    write(Self.frame(.register(.with { $0.workerID = "AW_1" })) + Self.offer("A") + Self.offer("B"))
                case .availability(let answer) where answer.available:
                    write(
                        Self.frame(
                            .assignment(
                                .with {
                                    $0.job.id = answer.jobID
                                    $0.token = "for \(answer.participantIdentity)"
                                })))
                    if answer.jobID == "B" { hasAnsweredB.withLockedValue { $0 = true } }
                default: break
                }
            })
        let key = try APIKey(name: "devkey", secret: "secret")
        let events = Events<WorkerEvent>()
        let worker = AgentWorker(
            server: try server.url, key: key,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            decide: { offer in
                // The first offer is thought about longer than the second.
                while offer.id == "A", !hasAnsweredB.withLockedValue({ $0 }) {
                    try? await Task.sleep(for: .milliseconds(5))
                }
                return .accept(AgentIdentity(identity: "jask-\(offer.job.room.name)"))
            }, onEvent: events.send)
        worker.start()
        let received = try await events.collect { if case .assigned(let job) = $0 { job.job.id == "A" } else { false } }
        let tokens = received.compactMap { event -> String? in
            if case .assigned(let assignment) = event { assignment.token.jwt } else { nil }
        }
        #expect(tokens == ["for jask-room-B", "for jask-room-A"])
        let request = try #require(server.requests.withLockedValue { $0.first })
        #expect(request.target == "/agent?protocol=1")
        let bearer = try #require(request.headers["authorization"]).dropFirst("Bearer ".count)
        let claims = try TokenVerifier(keys: [key]).verify(String(bearer), now: WallClock.seconds())
        #expect(claims.video?.agent == true)

        worker.cutSocket()
        let back = try await events.collect { if case .registered = $0 { true } else { false } }
        #expect(back.count == 2, "unregistered, then registered: running jobs are untouched")
        worker.close()
        _ = try await events.collect { if case .closed = $0 { true } else { false } }
        try await server.stop()
    }

    @Test func aWrongSecretIsReportedOnceAndWithoutTheToken() async throws {
        let server = try await RawServer(respond: { request in
            .http(401, Array("invalid token: \(request.headers["authorization"] ?? "")".utf8))
        })
        let events = Events<WorkerEvent>()
        let worker = AgentWorker(
            server: try server.url, key: try APIKey(name: "devkey", secret: "wrong"),
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), decide: { _ in .decline }, onEvent: events.send)
        worker.start()
        let received = try await events.collect { _ in true }
        guard case .refused(.refused(let refusal))? = received.first else {
            Issue.record("\(received)")
            return
        }
        #expect(refusal.status == 401)
        #expect(!refusal.body.contains("eyJ"))
        try await server.stop()
    }
}
