import Foundation
import PythonPeers
import Testing
import VisionModelFixtures

/// The browser that Playwright drives.
private enum Chromium {
    static let absence: String? = {
        let places = [("Chromium", "/usr/bin/chromium"), ("Playwright", PythonPeer.place(of: "playwright"))]
        let missing = places.filter { !FileManager.default.fileExists(atPath: $0.1) }.map(\.0)
        return missing.isEmpty ? nil : "no \(missing.joined(separator: ", ")): scripts/setup python browser installs it"
    }()
}

extension Spine {
    /// A candidate in a browser: livekit-client in Chromium, with a film as its camera.
    @Suite(
        .enabled(if: Chromium.absence == nil, Comment(rawValue: Chromium.absence ?? "")),
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    struct ChromiumTests {
        private static func browser(
            _ stage: Stage, _ film: URL, room: String, _ arguments: [String]
        ) throws -> PythonPeer {
            try PythonPeer(
                "chromium_peer.py",
                ["--url", stage.url, "--secret", stage.secret, "--room", room, "--film", film.path, "--seconds", "60"]
                    + arguments, in: "Tests/Browser")
        }

        /// - Returns: codec and size of the pictures that came, as the log has them.
        private static func expectHint(
            _ stage: Stage, _ worker: JaskProcess, _ film: URL, room: String, _ arguments: [String]
        ) async throws -> [String] {
            let candidate = try browser(stage, film, room: room, arguments + ["--until-hints", "1"])
            let status = try await candidate.finish(within: 90)
            #expect(status == 0, "\(room): \(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
            let hint = JSONField.parsing(candidate.hints.first?["text"]?.text ?? "")
            #expect(hint?["trigger"]?["kind"]?.text == "raised_hand", "\(room): \(candidate.lines)\n\(worker.text)")
            let pictures = CameraTrial(worker: worker, room: room).pictures
            print("chromium: \(room): \(pictures), sent: \(candidate.lines("sent").last?["layers"] ?? .null)")
            return pictures
        }

        private static func expectHints(_ stage: Stage, _ worker: JaskProcess, _ film: URL) async throws {
            let layers = try await expectHint(stage, worker, film, room: "vp8", ["--simulcast"])
            #expect(layers.last == "VP8, 320 × 180", "\(layers)")
            // Three layers inside a source need a larger camera: of 270, 540 and 135 rows the first are enough.
            let large = try Film.write(GestureTests.raising, width: 960, height: 540)
            defer { Film.remove(large) }
            let spatial = ["--codec", "vp9", "--scalability", "L3T3_KEY"]
            let inOne = try await expectHint(stage, worker, large, room: "vp9", spatial)
            // A browser leaves out higher layers while it is short of time, and begins with the lowest.
            #expect(Set(inOne).isSubset(of: ["VP9, 480 × 270", "VP9, 240 × 136"]), "\(inOne)")
            #expect(inOne.contains("VP9, 480 × 270"), "\(inOne)")
            let codec = try await expectHint(stage, worker, film, room: "h264", ["--codec", "h264", "--simulcast"])
            #expect(codec.last == "H264, 320 × 180", "\(codec)")
        }

        @Test(
            "a hand that is raised before a browser's camera gets a hint: VP8 and H.264 in layers, VP9 in one source",
            .timeLimit(.minutes(4)))
        func hints() async throws {
            let film = try Film.write(GestureTests.raising, width: 640, height: 360)
            defer { Film.remove(film) }
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            try await Self.expectHints(stage, worker, film)
            worker.signal(SIGKILL)
            await stage.close()
        }

        @Test(
            "the same over a real livekit-server, which asks for the backup of a codec that cannot be decoded",
            .timeLimit(.minutes(4)), .enabled(if: LiveKitServer.isThere, Comment(rawValue: LiveKitServer.missing)))
        func realServer() async throws {
            let film = try Film.write(GestureTests.raising, width: 640, height: 360)
            defer { Film.remove(film) }
            let server = try LiveKitServer()
            try await server.start()
            let stage = try Stage(url: server.url, secret: LiveKitServer.secret)
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            try await Self.expectHints(stage, worker, film)
            let backup = try await Self.expectHint(
                stage, worker, film, room: "backup", ["--codec", "av1", "--backup"])
            #expect(!backup.isEmpty && backup.allSatisfy { $0.hasPrefix("VP8") }, "\(worker.text)")
            #expect(worker.lines(with: "room backup:", "cannot be decoded").isEmpty, "\(worker.text)")
            // Without one it is named.
            let alone = try Self.browser(stage, film, room: "alone", ["--codec", "av1"])
            let told = try await alone.wait(40) { candidate in
                candidate.notices("observing").first { $0["text"]?.text?.contains("AV1") == true }
            }
            #expect(told != nil, "\(alone.lines)\n\(alone.errors)\n\(worker.text)")
            let codec = #"jask_cameras_unseen_total{reason="codec",codec="AV1"}"#
            #expect(try await GestureTests.metric(codec, worker) == 1)
            alone.terminate()
            worker.signal(SIGKILL)
            await stage.close()
        }
    }
}
