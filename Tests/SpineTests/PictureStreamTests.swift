import Foundation
import PythonPeers
import RTCVideoCodecs
import RenderedCandidate
import SansIO
import Testing
import VirtualCandidate
import VisionModelFixtures

extension Spine {
    /// Pictures that a candidate sends by data (`jask.frame`), in the product as it is run.
    @Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    struct PictureStreamTests {
        /// - Parameter rate: pictures a second.
        private static func sending(
            _ stage: Stage, _ film: URL, _ rate: String, room: String, _ arguments: [String] = []
        ) throws -> PythonPeer {
            try stage.startPythonCandidate(
                room: room,
                [
                    "--wav", Stage.briefSpeech, "--film", film.path, "--pictures", rate, "--size", "320x180",
                    "--seconds",
                    "50", "--linger", "0.2",
                ] + arguments)
        }

        /// LiveKit's client sends its pictures as one packet or in chunks, and each way ends in a hint.
        private static func expectHints(_ stage: Stage) async throws {
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let film = try Film.write(GestureTests.raising)
            defer { Film.remove(film) }
            let candidates = try [("packets", []), ("chunks", ["--chunks"])].map { room, options in
                (room, try sending(stage, film, "4", room: room, options + ["--until-hints", "1"]))
            }
            for (room, candidate) in candidates {
                let status = try await candidate.finish(within: 60)
                #expect(status == 0, "\(room): \(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
                let hint = JSONField.parsing(candidate.hints.first?["text"]?.text ?? "")
                #expect(hint?["trigger"]?["kind"]?.text == "raised_hand", "\(room): \(candidate.lines)")
                // What is wanted is told to whoever sends pictures, once: twice where the first came before it was known
                // that its sender is the candidate.
                let wishes = candidate.lines("data").filter { $0["topic"]?.text == "jask.frame" }
                    .compactMap { JSONField.parsing($0["text"]?.text ?? "") }
                #expect((1...2).contains(wishes.count) && wishes.last?["wanted"] == .bool(true), "\(wishes)")
                #expect(wishes.allSatisfy { $0["rate"]?.number == 4 && $0["width"]?.number == 320 }, "\(wishes)")
                #expect(candidate.notices("error").isEmpty, "\(room): \(candidate.lines)")
                let trial = CameraTrial(worker: worker, room: room)
                #expect(trial.told.allSatisfy { $0.kind == "raised_hand" }, "\(worker.text)")
            }
            worker.signal(SIGKILL)
        }

        @Test(
            "LiveKit's client sends pictures of a raised hand, in one packet each or in chunks, and gets a hint",
            .timeLimit(.minutes(2)))
        func hints() async throws {
            let stage = try await Stage()
            try await Self.expectHints(stage)
            await stage.close()
        }

        @Test(
            "the same over a real livekit-server", .timeLimit(.minutes(2)),
            .enabled(if: LiveKitServer.isThere, Comment(rawValue: LiveKitServer.missing)))
        func realServer() async throws {
            let server = try LiveKitServer()
            try await server.start()
            let stage = try Stage(url: server.url, secret: LiveKitServer.secret)
            try await Self.expectHints(stage)
            await stage.close()
        }

        @Test("of slow pictures two in a row that show a hand are enough, and count for less", .timeLimit(.minutes(2)))
        func slow() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let script = GestureTests.script((.raiseHand, start: 7, hold: 4))
            let candidates = try [("slow", 1), ("usual", 4)].map { room, rate in
                (
                    room,
                    try stage.startCandidate(room: room) {
                        $0.pictures = CandidateCamera(script: script)
                        $0.pictures?.rate = rate
                    }
                )
            }
            var confidence: [String: Double] = [:]
            for (room, candidate) in candidates {
                let hint = try await eventually(within: 25) { candidate.hints.first }
                let seen = try #require(hint, "\(room): \(candidate.seen)\n\(worker.text)")
                #expect(seen.fields?["trigger"]?["kind"]?.text == "raised_hand", "\(seen.text)")
                confidence[room] = CameraTrial(worker: worker, room: room).told.first?.confidence
            }
            for (_, candidate) in candidates { await candidate.leave() }
            print("spine: confidence of a raised hand in pictures by data: \(confidence)")
            let (slow, usual) = (try #require(confidence["slow"]), try #require(confidence["usual"]))
            #expect(slow < 0.8 * usual, "\(confidence)")
            worker.signal(SIGKILL)
            await stage.close()
        }

        @Test("whoever sends a bad picture is told what was wrong with it", .timeLimit(.minutes(2)))
        func bad() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings.merging(["notices.burst": "10"]) { $1 })
            try #require(try await stage.ready(worker), "\(worker.text)")
            let film = try Film.write(GestureTests.script((.talk, start: 1, hold: 2), lasting: 4))
            defer { Film.remove(film) }
            let candidate = try Self.sending(stage, film, "1", room: "r")
            // They are looked at, then.
            let wish = try await candidate.wait(20) { candidate in
                candidate.lines("data").first { $0["topic"]?.text == "jask.frame" }
            }
            try #require(wish != nil, "\(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
            let folder = film.deletingLastPathComponent()
            let good = try Self.jpeg(width: 320, height: 180)
            let files: [(kind: String, data: Data, code: String, says: String)] = [
                ("image/jpeg", Data("this is no picture".utf8), "bad_picture", "does not begin as a JPEG file"),
                ("image/jpeg", good.prefix(good.count / 2), "bad_picture", "broken or not all there"),
                ("image/jpeg", good + Data(count: 300_000), "too_large", "at most 262144 bytes"),
                ("image/jpeg", try Self.jpeg(width: 1280, height: 960), "too_large", "921600 pixels"),
                ("image/png", good, "bad_picture", "image/jpeg alone"),
            ]
            for (number, file) in files.enumerated() {
                let path = folder.appendingPathComponent("\(number)")
                try file.data.write(to: path)
                try candidate.write("bytes \(file.kind) \(path.path)")
                let answer = try await candidate.wait(10) { candidate in
                    Self.errors(candidate).first {
                        $0["code"]?.text == file.code && $0["text"]?.text?.contains(file.says) == true
                    }
                }
                #expect(answer != nil, "\(file.says): \(Self.errors(candidate))\n\(worker.text)")
                // Within the rate that is read.
                try await Task.sleep(for: .seconds(0.5))
            }
            candidate.terminate()
            // Faster than is asked for and a quarter more: told once.
            let fast = try Self.sending(stage, film, "20", room: "fast")
            let told = try await fast.wait(25) { Self.errors($0).first }
            #expect(told?["code"]?.text == "too_much", "\(fast.lines)\n\(worker.text)")
            try await Task.sleep(for: .seconds(2))
            #expect(Self.errors(fast).count == 1, "\(Self.errors(fast))")
            fast.terminate()
            worker.signal(SIGKILL)
            await stage.close()
        }

        private static func errors(_ candidate: PythonPeer) -> [JSONField] {
            candidate.notices("error").compactMap { JSONField.parsing($0["text"]?.text ?? "") }
        }

        /// A picture of a rendered person.
        private static func jpeg(width: Int, height: Int) throws -> Data {
            var camera = try RenderedCamera(GestureTests.script(), width: width, height: height)
            let encoder = try VideoEncoder(.jpeg(JPEGEncoding()))
            let file = try #require(try encoder.encode(try camera.picture(at: .zero), timestamp: 0))
            return Data(file.data.readableBytesView)
        }
    }
}
