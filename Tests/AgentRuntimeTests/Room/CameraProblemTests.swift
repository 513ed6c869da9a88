import Foundation
import LiveKit
import NIOPosix
import SansIO
import Synchronization
import Testing

@testable import AgentRuntime

/// Cameras that cannot be decoded, and what comes later.
@Suite struct CameraProblemTests {
    private static func ada(_ types: Set<String>, sid: String = "TR_1") -> RoomParticipant {
        RoomParticipant(
            sid: "PA_1", identity: "ada",
            tracks: [RoomTrack(sid: sid, isAudio: false, source: .camera, mimeType: "video/AV1", publishedTypes: types)]
        )
    }

    /// A session in which it was said that ada's camera cannot be decoded.
    private static func session(
        _ telemetry: Telemetry = Telemetry(), _ body: @escaping @Sendable (RoomSession) -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-camera-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (job, resources) = try UnbegunSessionTests.make(folder, telemetry)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await loop.submit {
            let session = RoomSession(job: job, resources: resources, eventLoop: loop)
            session.onEvent = { _ in }
            session.handle(.participantJoined(ada([])))
            session.cameraProblems["ada"] = CameraProblem(sid: "TR_1", types: ["video/AV1"])
            body(session)
            session.finish(.leftLocally)
        }.get()
    }

    private static let needsModel: Comment = "the voice model is missing: run scripts/fetch-models"

    @Test(
        "a backup codec that is published later makes the camera one that may be seen",
        .enabled(if: TakeOverTests.hasModel, needsModel))
    func backup() async throws {
        try await Self.session { session in
            session.handle(.participantUpdated(Self.ada([])))
            #expect(session.cameraProblems["ada"] != nil)
            session.handle(.participantUpdated(Self.ada(["video/VP8"])))
            #expect(session.cameraProblems["ada"] == nil)
        }
    }

    @Test("so does a track that is to be had now, and no other", .enabled(if: TakeOverTests.hasModel, needsModel))
    func subscribed() async throws {
        try await Self.session { session in
            func come(_ sid: String) {
                session.handle(
                    .trackSubscribed(
                        SubscribedTrack(
                            track: RoomTrack(sid: sid, isAudio: false), participantSID: "PA_1",
                            participantIdentity: "ada")))
            }
            come("TR_2")
            #expect(session.cameraProblems["ada"] != nil)
            come("TR_1")
            #expect(session.cameraProblems["ada"] == nil)
        }
    }

    @Test("a codec that is only announced is none that has come")
    func announced() {
        let types = RoomTrack(
            .with {
                $0.mimeType = "video/AV1"
                $0.codecs = [
                    .with { ($0.mimeType, $0.mid) = ("video/AV1", "1") }, .with { $0.mimeType = "video/VP8" },
                    .with { ($0.mimeType, $0.mid) = ("video/H264", "2") },
                ]
            }
        ).publishedTypes
        #expect(types == ["video/AV1", "video/H264"])
    }

    @Test("cameras that are published again and again fill no log", .enabled(if: TakeOverTests.hasModel, needsModel))
    func republished() async throws {
        let lines = Mutex(0)
        let telemetry = Telemetry(log: { _, text in if text.contains("end-to-end") { lines.withLock { $0 += 1 } } })
        try await Self.session(telemetry) { session in
            for number in 0..<1_000 {
                session.handle(
                    .trackEncrypted(
                        SubscribedTrack(
                            track: RoomTrack(sid: "TR_\(number)", isAudio: false, source: .camera),
                            participantSID: "PA_1", participantIdentity: "ada")))
            }
        }
        #expect(lines.withLock { $0 } == LogAllowance.most)
    }
}
