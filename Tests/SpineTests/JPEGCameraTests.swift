import Foundation
import RTCVideoCodecs
import RenderedCandidate
import Testing
import VirtualCandidate
import VisionModelFixtures

extension Spine {
    /// A camera in JPEG (RFC 2435), which the development server forwards: from the rendered picture to the hint.
    @Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    struct JPEGCameraTests {
        @Test(
            "a hand that is raised before a camera in JPEG gets a hint, also of odd sizes, with restarts and under loss",
            .timeLimit(.minutes(2)))
        func hints() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings.merging(["livekit.jpeg": "true"]) { $1 })
            try #require(try await stage.ready(worker), "\(worker.text)")
            var restarts = JPEGEncoding()
            restarts.restartInterval = 5
            restarts.sampling = .yuv422
            let cases = [
                Case(room: "plain", width: 320, height: 180, shown: "320 × 184"),
                Case(room: "odd", width: 333, height: 187, jpeg: restarts, shown: "336 × 192"),
                Case(room: "lossy", width: 320, height: 176, loss: 0.05, shown: "320 × 176"),
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for item in cases { group.addTask { try await Self.expectHint(item, stage, worker) } }
                try await group.waitForAll()
            }
            #expect(await stage.server.lostDatagrams() > 20)
            worker.signal(SIGKILL)
            await stage.close()
        }

        private struct Case: Sendable {
            var room: String
            var width: Int
            var height: Int
            var jpeg = JPEGEncoding()
            /// The share of datagrams that is lost on the assistant's path.
            var loss = 0.0
            /// RTP tells sides in units of eight.
            var shown: String
        }

        private static func expectHint(_ item: Case, _ stage: Stage, _ worker: JaskProcess) async throws {
            let candidate = try stage.startCandidate(room: item.room) { script in
                script.camera = CandidateCamera(script: GestureTests.script((.raiseHand, start: 8, hold: 4)))
                script.camera?.isJPEG = true
                script.camera?.jpeg = item.jpeg
                script.camera?.rate = 8
                script.camera?.layers = [.init(width: item.width, height: item.height, bitrate: 0)]
            }
            let trial = CameraTrial(worker: worker, room: item.room)
            if item.loss > 0 {
                let assistant = try #require(try await stage.assistant(in: item.room, within: 10), "\(worker.text)")
                let lossy = await stage.server.loseMedia(item.loss, seed: 7, of: assistant.identity)
                #expect(lossy == 1)
            }
            let hint = try await eventually(within: 25) { candidate.hints.first }
            let seen = try #require(hint, "\(item): \(candidate.seen)\n\(worker.text)")
            #expect(seen.fields?["trigger"]?["kind"]?.text == "raised_hand", "\(seen.text)")
            #expect(trial.pictures == ["JPEG, \(item.shown)"], "\(worker.text)")
            await candidate.leave()
        }

        @Test("without the setting a camera in JPEG is not taken, and its candidate knows", .timeLimit(.minutes(1)))
        func notTaken() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startCandidate(room: "r") { script in
                script.camera = CandidateCamera(script: GestureTests.script())
                script.camera?.isJPEG = true
            }
            let told = try await eventually(within: 20) {
                worker.lines(with: "sends JPEG, which cannot be decoded").first
            }
            #expect(told != nil, "\(worker.text)")
            let notice = try await eventually(within: 5) {
                candidate.received("jask.notice").first { $0.text.contains("JPEG") }
            }
            #expect(notice != nil, "\(candidate.seen)")
            await candidate.leave()
            worker.signal(SIGKILL)
            await stage.close()
        }
    }
}
