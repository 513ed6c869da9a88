import Foundation
import PythonPeers
import RenderedCandidate
import Testing
import VisionModelFixtures

extension Spine {
    /// Cameras of LiveKit's own client over a real livekit-server.
    @Suite(
        .enabled(if: LiveKitServer.isThere, Comment(rawValue: LiveKitServer.missing)),
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    struct RealCameraTests {
        private static func onStage(_ body: (Stage, JaskProcess) async throws -> Void) async throws {
            let server = try LiveKitServer()
            try await server.start()
            let stage = try Stage(url: server.url, secret: LiveKitServer.secret)
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            try await body(stage, worker)
            worker.signal(SIGKILL)
            await stage.close()
        }

        private static func filmed(
            _ stage: Stage, _ film: URL, room: String, _ arguments: [String]
        ) throws -> PythonPeer {
            try stage.startPythonCandidate(
                room: room,
                ["--wav", Stage.briefSpeech, "--camera", "--film", film.path, "--rate", "0", "--seconds", "60"]
                    + arguments)
        }

        @Test(
            "of a camera in layers the smallest that is enough is asked for, and no more comes", .timeLimit(.minutes(2))
        )
        func smallestLayer() async throws {
            let film = try Film.write(GestureTests.raising, width: 640, height: 360)
            defer { Film.remove(film) }
            try await Self.onStage { stage, worker in
                var rates: [String: Double] = [:]
                for (room, options, size) in [
                    ("layers", ["--simulcast"], "320 × 180"), ("whole", [], "1280 × 720"),
                ] {
                    let candidate = try Self.filmed(stage, film, room: room, ["--size", "1280x720"] + options)
                    let trial = CameraTrial(worker: worker, room: room)
                    // The server begins with the highest layer, 100 ms before it takes up what was asked for.
                    let shown = try await eventually(within: 20) { trial.pictures.last == "VP8, \(size)" ? true : nil }
                    #expect(shown == true, "\(trial.pictures)\n\(candidate.lines)\n\(worker.text)")
                    // The senders' bandwidth estimate grows for some seconds.
                    try await Task.sleep(for: .seconds(4))
                    let (bytes, began) = (try await Self.bytes(worker), ContinuousClock.now)
                    try await Task.sleep(for: .seconds(4))
                    rates[room] =
                        (try await Self.bytes(worker) - bytes) * 8 / 1000 / ContinuousClock.now.seconds(since: began)
                    let hint = try await candidate.wait(20) { $0.hints.first }
                    #expect(hint != nil, "\(candidate.lines)\n\(worker.text)")
                    #expect(trial.pictures.last == "VP8, \(size)", "\(trial.pictures)")
                    candidate.terminate()
                    _ = try await eventually(within: 10) {
                        try await GestureTests.metric("jask_cameras_watched", worker) == 0 ? true : nil
                    }
                }
                print("real server: kbit/s of a camera of 1280 × 720: \(rates)")
                let (layers, whole) = (rates["layers"] ?? 0, rates["whole"] ?? 0)
                // LiveKit's lowest layer of such a camera is sent with 160 kbit/s at most.
                #expect(layers > 10 && layers < 200 && whole > 2 * layers, "\(rates)")
            }
        }

        private static func bytes(_ worker: JaskProcess) async throws -> Double {
            try await GestureTests.metric("jask_camera_bytes_total", worker)
        }

        @Test(
            "hand and palm are told in time in each codec, and nothing that only looks like them",
            .timeLimit(.minutes(3)))
        func gestures() async throws {
            let steps: [(CameraScript.Action, start: Double, hold: Double)] = [
                (.raiseHand, start: 6, hold: 3), (.palmToForehead, start: 12, hold: 3), (.chin, start: 18, hold: 2.5),
                (.drink, start: 22, hold: 2.5), (.wave, start: 26.5, hold: 0.3), (.ear, start: 29, hold: 2),
            ]
            let script = CameraScript(
                steps.map {
                    .init($0.0, at: .milliseconds(Int($0.start * 1000)), hold: .milliseconds(Int($0.hold * 1000)))
                }, duration: .seconds(34))
            let labels = script.steps.filter(\.action.isGesture).map {
                CameraTrial.Label(
                    kind: $0.action.rawValue, start: $0.begin / .seconds(1), end: $0.over / .seconds(1))
            }
            let film = try Film.write(script, width: 640, height: 360)
            defer { Film.remove(film) }
            try await Self.onStage { stage, worker in
                for (room, codec) in [
                    ("layers", ["--simulcast"]), ("vp9", ["--codec", "vp9"]), ("h264", ["--codec", "h264"]),
                ] {
                    let candidate = try Self.filmed(stage, film, room: room, ["--size", "640x360"] + codec)
                    let trial = CameraTrial(worker: worker, room: room)
                    let reel = try await candidate.reel()
                    _ = try await candidate.wait(60) { $0.lines("reel").count > 1 ? true : nil }
                    candidate.terminate()
                    let late = trial.expect(
                        labels, reel: reel, bar: stage.bar(GestureTests.decision),
                        "\(stage.machine.report)\n\(candidate.errors)\n\(worker.text)")
                    print("real server: \(room), \(trial.pictures): told after \(late) s")
                }
            }
        }

        @Test("whoever opts out of the camera, or turns it off, is not looked at any more", .timeLimit(.minutes(2)))
        func optOut() async throws {
            let film = try Film.write(GestureTests.script((.talk, start: 1, hold: 6), lasting: 8))
            defer { Film.remove(film) }
            try await Self.onStage { stage, worker in
                try await GestureTests.expectEnd(stage, worker, film, ["--simulcast"])
            }
        }
    }
}
