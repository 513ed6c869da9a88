import Foundation
import Inference
import PythonPeers
import RenderedCandidate
import SansIO
import Testing
import VirtualCandidate
import VisionModelFixtures

extension Spine {
    /// A candidate's camera in the product as it is run.
    @Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    struct GestureTests {
        /// No silence is a reason for a hint, so that what is seen is the only one.
        static let settings = [
            "pause.shortest_long": "60s", "pause.initial_long": "60s", "pause.longest_long": "60s",
            "pause.unspoken": "90s", "log.level": "debug",
        ]
        /// The most that deciding may take beyond the dwell, and the hint after that.
        static let decision = 0.4
        private static let hint = 0.3

        static func script(_ steps: (CameraScript.Action, start: Double, hold: Double)..., lasting: Double = 30)
            -> CameraScript
        {
            CameraScript(
                steps.map {
                    .init($0.0, at: .milliseconds(Int($0.start * 1000)), hold: .milliseconds(Int($0.hold * 1000)))
                },
                duration: .milliseconds(Int(lasting * 1000)))
        }

        private func candidate(
            _ stage: Stage, showing script: CameraScript, room: String = "r"
        ) throws -> CandidateProbe {
            try stage.startCandidate(room: room) { $0.camera = CandidateCamera(script: script) }
        }

        /// When something was in its place.
        private func inPlace(_ action: CameraScript.Action, _ candidate: CandidateProbe) -> ContinuousClock.Instant? {
            candidate.seen.first {
                if case .camera(let news) = $0.event { news.action == action && news.isBeginning } else { false }
            }?.at
        }

        static func metric(_ name: String, _ worker: JaskProcess) async throws -> Double {
            let url = try #require(worker.healthURL).appendingPathComponent("metrics")
            let line = try await Stage.get(url).body.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0
        }

        @Test("a raised hand gets a hint, and so does a palm on the forehead", .timeLimit(.minutes(2)))
        func hints() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(
                Self.settings.merging(["policy.cooldown": "3s", "worker.drain_timeout": "0s"]) { $1 })
            try #require(try await stage.ready(worker), "\(worker.text)")
            for (action, kind, dwell) in [
                (CameraScript.Action.raiseHand, "raised_hand", 0.8), (.palmToForehead, "palm_to_forehead", 1.0),
            ] {
                let candidate = try candidate(
                    stage, showing: Self.script((action, start: 7, hold: 4)), room: kind)
                let hint = try await eventually(within: 25) { candidate.hints.first }
                let seen = try #require(hint, "\(kind): \(candidate.seen)\n\(worker.text)")
                #expect(seen.fields?["trigger"]?["kind"]?.text == kind, "\(seen.text)")
                let late = seen.at.seconds(since: try #require(inPlace(action, candidate)))
                print("spine: \(kind) to hint \(late) s after the hand was in place")
                #expect(late <= dwell + Self.decision + Self.hint, "\(worker.text)")
                #expect(candidate.notices("observing") >= 1)
                await candidate.leave()
            }
            worker.signal(SIGTERM)
            #expect(try await worker.status(within: 5) == 0, "\(worker.text)")
            await stage.close()
        }

        @Test(
            "a raised hand in pictures by data gets a hint, and nobody is watched once they left",
            .timeLimit(.minutes(2)))
        func picturesByData() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(Self.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let script = Self.script((.raiseHand, start: 7, hold: 4))
            let candidate = try stage.startCandidate(room: "r") { $0.pictures = CandidateCamera(script: script) }
            let hint = try await eventually(within: 25) { candidate.hints.first }
            let seen = try #require(hint, "\(candidate.seen)\n\(worker.text)")
            #expect(seen.fields?["trigger"]?["kind"]?.text == "raised_hand", "\(seen.text)")
            #expect(try await Self.metric("jask_cameras_watched", worker) == 1)
            await candidate.leave()
            let gone = try await eventually(within: 5) {
                try await Self.metric("jask_cameras_watched", worker) == 0 ? true : nil
            }
            #expect(gone == true, "\(worker.text)")
            worker.signal(SIGKILL)
            await stage.close()
        }

        @Test("what only looks like a gesture is none", .timeLimit(.minutes(2)))
        func negatives() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(Self.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try candidate(
                stage,
                showing: Self.script(
                    (.chin, start: 5, hold: 2), (.drink, start: 9, hold: 2), (.ear, start: 13, hold: 2),
                    (.wave, start: 17, hold: 0.3), (.talk, start: 19, hold: 2)))
            let over = try await eventually(within: 40) { inPlace(.talk, candidate) }
            try #require(over != nil, "\(candidate.seen)\n\(worker.text)")
            try await Task.sleep(for: .seconds(3))
            #expect(candidate.hints.isEmpty && worker.lines(with: "raises a hand").isEmpty, "\(worker.text)")
            #expect(worker.lines(with: "puts a palm").isEmpty, "\(worker.text)")
            #expect(try await Self.metric(#"jask_looks_total{outcome="done"}"#, worker) > 20, "it was looked at")
            await candidate.leave()
            worker.signal(SIGKILL)
            await stage.close()
        }

        // MARK: LiveKit's own client

        /// A person who raises a hand again and again: 2 s of quiet, 3 s up, 3 s of quiet.
        static let raising = script((.raiseHand, start: 2, hold: 3), lasting: 8.5)

        private static func filmed(
            _ stage: Stage, _ film: URL, _ arguments: [String] = [], room: String = "r"
        ) throws -> PythonPeer {
            try stage.startPythonCandidate(
                room: room,
                [
                    "--wav", Stage.briefSpeech, "--camera", "--film", film.path, "--size", "640x360", "--seconds", "60",
                    "--linger", "0.2",
                ] + arguments)
        }

        @Test(
            "LiveKit's client in each codec, with layers and without, gets a hint for a raised hand",
            .timeLimit(.minutes(3)),
            arguments: [
                ["--codec", "vp8"], ["--codec", "vp8", "--simulcast"], ["--codec", "vp9"], ["--codec", "h264"],
            ])
        func codecs(_ codec: [String]) async throws {
            let film = try Film.write(Self.raising, width: 640, height: 360)
            defer { Film.remove(film) }
            let stage = try await Stage()
            let worker = try stage.startWorker(Self.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            try await Self.expectHint(stage, worker, film, codec)
            worker.signal(SIGKILL)
            await stage.close()
        }

        static func expectHint(
            _ stage: Stage, _ worker: JaskProcess, _ film: URL, _ codec: [String], room: String = "r"
        ) async throws {
            let candidate = try filmed(stage, film, codec + ["--until-hints", "1"], room: room)
            let status = try await candidate.finish(within: 70)
            #expect(status == 0, "\(codec): \(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
            let hint = JSONField.parsing(candidate.hints.first?["text"]?.text ?? "")
            #expect(hint?["trigger"]?["kind"]?.text == "raised_hand", "\(candidate.lines)\n\(worker.text)")
            print("spine: \(codec): \(worker.lines(with: "first picture").map(\.text))")
        }

        @Test("whoever opts out of the camera, or turns it off, is not looked at any more", .timeLimit(.minutes(2)))
        func optOut() async throws {
            let film = try Film.write(Self.script((.talk, start: 1, hold: 6), lasting: 8))
            defer { Film.remove(film) }
            let stage = try await Stage()
            let worker = try stage.startWorker(Self.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            try await Self.expectEnd(stage, worker, film, [])
            worker.signal(SIGKILL)
            await stage.close()
        }

        /// A camera is seen until it is muted, again after that, and not after its candidate opted out.
        static func expectEnd(_ stage: Stage, _ worker: JaskProcess, _ film: URL, _ codec: [String]) async throws {
            let candidate = try filmed(stage, film, codec)
            let decoded = #"jask_pictures_total{outcome="decoded"}"#
            func goesOn() async throws -> Bool {
                let before = try await metric(decoded, worker)
                return try await eventually(within: 10) {
                    try await metric(decoded, worker) > before + 5 ? true : nil
                } ?? false
            }
            func stops() async throws -> Bool {
                let stopped = try await eventually(within: 5) {
                    try await metric("jask_cameras_watched", worker) == 0 ? true : nil
                }
                let before = try await metric(decoded, worker)
                try await Task.sleep(for: .seconds(2))
                let after = try await metric(decoded, worker)
                return stopped == true && after == before
            }
            #expect(try await goesOn(), "\(candidate.lines)\n\(worker.text)")
            try candidate.write("camera off")
            #expect(try await stops(), "muted\n\(worker.text)")
            try candidate.write("camera on")
            #expect(try await goesOn(), "unmuted\n\(candidate.lines)\n\(worker.text)")
            let body = #"{"type":"jask.control","version":1,"action":"opt_out","sources":["camera"]}"#
            try candidate.write("packet jask.control=" + body)
            #expect(try await stops(), "opted out\n\(worker.text)")
            candidate.terminate()
        }

        @Test("a codec that cannot be decoded is named to the candidate", .timeLimit(.minutes(1)))
        func undecodable() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(Self.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startPythonCandidate(
                room: "r", ["--wav", Stage.briefSpeech, "--camera", "--codec", "av1", "--seconds", "40"])
            let told = try await candidate.wait(30) { candidate in
                candidate.notices("observing").first { $0["text"]?.text?.contains("AV1") == true }
            }
            #expect(told != nil, "\(candidate.lines)\n\(worker.text)")
            #expect(worker.lines(with: "sends AV1, which cannot be decoded").count == 1, "\(worker.text)")
            #expect(
                try await Self.metric(#"jask_cameras_unseen_total{reason="codec",codec="AV1"}"#, worker) == 1)
            candidate.terminate()
            worker.signal(SIGKILL)
            await stage.close()
        }

        @Test("without the engine voice goes on, and the candidate knows", .timeLimit(.minutes(1)))
        func noEngine() async throws {
            let stage = try await Stage()
            let models = stage.folder + "-models"
            try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: models) }
            let voice = try #require(ReleasedVision.folder) + "/" + SileroModel.fileName
            try FileManager.default.createSymbolicLink(
                atPath: models + "/" + SileroModel.fileName, withDestinationPath: voice)
            let worker = try stage.startWorker(["state.models_directory": models])
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startPythonCandidate(
                room: "r",
                ["--wav", Stage.speechWithPause, "--camera", "--until-hints", "1", "--linger", "1", "--seconds", "30"])
            #expect(
                try await candidate.finish(within: 35) == 0, "\(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
            let notices = candidate.notices("observing").compactMap { $0["text"]?.text }
            #expect(
                notices.last?.contains("the models that look at pictures cannot be used here") == true, "\(notices)")
            #expect(worker.lines(with: "gestures are off").count == 1, "\(worker.text)")
            #expect(try await Self.metric(#"jask_gestures_off{reason="missing_file"}"#, worker) == 1)
            #expect(try await Self.metric(#"jask_pictures_total{outcome="decoded"}"#, worker) == 0)
            worker.signal(SIGKILL)
            await stage.close()
        }

        @Test(
            "of a session with a camera neither log nor state folder holds a picture or a place",
            .timeLimit(.minutes(2)))
        func nothingKept() async throws {
            let film = try Film.write(Self.raising, width: 640, height: 360)
            defer { Film.remove(film) }
            let stage = try await Stage()
            let trace = ["log.level": "trace"]
            let worker = try stage.startWorker(Self.settings.merging(trace) { $1 })
            try #require(try await stage.ready(worker), "\(worker.text)")
            try await Self.expectHint(stage, worker, film, [])
            // What the process has open for writing is its log and its journals.
            let kept = try Self.files(in: stage.folder)
            #expect(!kept.isEmpty)
            for file in kept {
                let bytes = try Data(contentsOf: file)
                #expect(["jsonl", "json", "log", ""].contains(file.pathExtension) || bytes.isEmpty, "\(file.path)")
                #expect(bytes.count < 20_000, "\(file.path): \(bytes.count) bytes")
                Self.expectNoPicture(in: String(decoding: bytes, as: UTF8.self), file.lastPathComponent)
            }
            for line in worker.lines {
                #expect(line.text.utf8.count < 2_000)
                Self.expectNoPicture(in: line.text, "the log")
            }
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker.identifier)/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(worker.identifier)/fd/\($0)")
            }
            let places = [stage.folder, "pipe:", "socket:", "anon_inode:", "/dev/null", "/dev/urandom"]
            let others = open.filter { path in !places.contains { path.hasPrefix($0) } && !path.hasPrefix("/memfd") }
            #expect(others.isEmpty, "\(others)")
            worker.signal(SIGKILL)
            await stage.close()
        }

        private static func files(in folder: String) throws -> [URL] {
            let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            return names.map { URL(fileURLWithPath: folder).appendingPathComponent($0) }.filter {
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: $0.path, isDirectory: &isFolder) && !isFolder.boolValue
            }
        }

        /// Neither samples, nor numbers in a row as landmarks and scores are, nor anything that is no text.
        private static func expectNoPicture(in text: String, _ place: String) {
            #expect(!text.unicodeScalars.contains("\u{FFFD}") && !text.unicodeScalars.contains("\0"), "\(place): bytes")
            let row = #/(-?[0-9]+(\.[0-9]+)?[,; ]+){8,}/#
            #expect(text.firstMatch(of: row) == nil, "\(place): \(text.prefix(300))")
            for word in ["landmark", "palmScore", "presence", "forehead\":{", "GestureLook", "HandScores"] {
                #expect(!text.contains(word), "\(place): \(word)")
            }
        }
    }
}
