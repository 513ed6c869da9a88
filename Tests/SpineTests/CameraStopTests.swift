import Foundation
import PythonPeers
import RenderedCandidate
import Testing
import VirtualCandidate
import VisionModelFixtures

extension Spine {
    /// What ends the looking at a camera while the room goes on.
    @Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    struct CameraStopTests {
        private static let decoded = #"jask_pictures_total{outcome="decoded"}"#
        private static let watched = "jask_cameras_watched"

        private static func metric(_ name: String, _ worker: JaskProcess) async throws -> Double {
            let url = try #require(worker.healthURL).appendingPathComponent("metrics")
            let line = try await Stage.get(url).body.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0
        }

        /// Whether pictures are decoded, now or soon.
        private static func goesOn(_ worker: JaskProcess) async throws -> Bool {
            let before = try await metric(decoded, worker)
            return try await eventually(within: 15) {
                try await metric(decoded, worker) > before + 5 ? true : nil
            } ?? false
        }

        /// Whether no camera is watched soon, and none is decoded from then on.
        private static func stops(_ worker: JaskProcess) async throws -> Bool {
            let stopped = try await eventually(within: 8) { try await metric(watched, worker) == 0 ? true : nil }
            // What was in the decoder's hands.
            try await Task.sleep(for: .milliseconds(300))
            let before = try await metric(decoded, worker)
            try await Task.sleep(for: .seconds(2))
            let after = try await metric(decoded, worker)
            return stopped == true && after == before
        }

        private static func talking(_ stage: Stage) throws -> CandidateProbe {
            try stage.startCandidate(room: "r") {
                let talk = CameraScript.Step(.talk, at: .seconds(1), hold: .seconds(90))
                $0.camera = CandidateCamera(script: CameraScript([talk], duration: .seconds(100)))
                $0.code = nil
            }
        }

        @Test(
            "an interviewer's pause ends the looking until they resume, and their end ends it", .timeLimit(.minutes(2)))
        func control() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try Self.talking(stage)
            let interviewer = try stage.startPythonCandidate(
                room: "r",
                [
                    "--identity", "ivo", "--attributes", #"{"jask.role":"interviewer"}"#, "--seconds", "100",
                    "--send-after", "1000",
                ])
            #expect(try await interviewer.wait(15) { $0.notices("observing").first } != nil, "\(interviewer.lines)")
            #expect(try await Self.goesOn(worker), "\(candidate.seen)\n\(worker.text)")
            func control(_ action: String) throws {
                try interviewer.write(
                    #"packet jask.control={"type":"jask.control","version":1,"action":"\#(action)"}"#)
            }
            try control("pause")
            #expect(try await Self.stops(worker), "paused\n\(worker.text)")
            try control("resume")
            #expect(try await Self.goesOn(worker), "resumed\n\(worker.text)")
            try control("end")
            #expect(try await Self.stops(worker), "ended\n\(worker.text)")
            interviewer.terminate()
            await candidate.leave()
            worker.signal(SIGKILL)
            await stage.close()
        }

        @Test(
            "gestures that are switched off in the configuration file, and on again, count in a running room",
            .timeLimit(.minutes(2)))
        func switchedOff() async throws {
            let stage = try await Stage()
            try FileManager.default.createDirectory(atPath: stage.folder, withIntermediateDirectories: true)
            let file = URL(fileURLWithPath: stage.folder).appendingPathComponent("jask.yaml")
            func set(_ isOn: Bool) throws { try Data("gesture:\n  enabled: \(isOn)\n".utf8).write(to: file) }
            try set(true)
            let worker = try stage.startWorker(GestureTests.settings, environment: ["JASK_CONFIG": file.path])
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try Self.talking(stage)
            #expect(try await Self.goesOn(worker), "\(candidate.seen)\n\(worker.text)")
            try set(false)
            #expect(try await Self.stops(worker), "off\n\(worker.text)")
            try set(true)
            #expect(try await Self.goesOn(worker), "on again\n\(worker.text)")
            await candidate.leave()
            worker.signal(SIGKILL)
            await stage.close()
        }

        @Test(
            "a camera that is end-to-end encrypted is left alone", .timeLimit(.minutes(1))
        )
        func encrypted() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startPythonCandidate(
                room: "r", ["--wav", Stage.briefSpeech, "--camera", "--encrypted", "--seconds", "40"])
            // LiveKit's client drops what comes to it in the clear, so only the log says it.
            let isLeftAlone = try await eventually(within: 20) {
                let published = try await stage.api.listParticipants(room: "r").flatMap(\.tracks).count { !$0.isAudio }
                let lines = worker.lines(with: "of candidate is end-to-end encrypted and left alone")
                return published == 1 && !lines.isEmpty ? true : nil
            }
            #expect(isLeftAlone == true, "\(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
            try await Task.sleep(for: .seconds(5))
            for name in [Self.watched, Self.decoded, #"jask_pictures_total{outcome="failed"}"#] {
                #expect(try await Self.metric(name, worker) == 0, "\(name)\n\(worker.text)")
            }
            candidate.terminate()
            worker.signal(SIGKILL)
            await stage.close()
        }
    }
}
