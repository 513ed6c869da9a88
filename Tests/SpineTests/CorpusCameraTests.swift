import Foundation
import GestureEvaluation
import PythonPeers
import Testing
import VisionModelFixtures

private enum Clips {
    static let absence = GestureCorpus() == nil ? "no ../shared/corpus/gesture beside the repository" : nil
}

extension Spine {
    /// Clips of the labelled corpus as the camera of LiveKit's own client.
    @Suite(
        .enabled(if: Clips.absence == nil, Comment(rawValue: Clips.absence ?? "")),
        .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
    struct CorpusCameraTests {
        private static let isLong = ProcessInfo.processInfo.environment["JASK_LONG_TESTS"] == "1"

        struct Showing: Sendable, CustomStringConvertible {
            var clip: String
            var codec: [String]
            /// How much of it is shown, in seconds; nil for all.
            var seconds: Double?

            var description: String { "\(clip) \(codec.joined(separator: " "))" }
            var room: String { String(description.map { $0.isLetter || $0.isNumber ? $0 : "-" }) }
        }

        /// Some of some, each codec once; in long tests all of all.
        private static var showings: [Showing] {
            guard isLong, let clips = try? GestureCorpus()?.clips() else {
                return [
                    Showing(clip: "c03_photo.mp4", codec: ["--simulcast"], seconds: 12),
                    Showing(clip: "c09_nobody.mp4", codec: ["--codec", "vp9"], seconds: 22),
                    Showing(clip: "c08_negatives.mp4", codec: ["--codec", "h264"], seconds: 24),
                    Showing(clip: "c07_dark.webm", codec: ["--codec", "vp8"], seconds: 12),
                ]
            }
            let codecs = ["vp8", "vp9", "h264"].flatMap { [["--codec", $0], ["--codec", $0, "--simulcast"]] }
            return clips.flatMap { clip in codecs.map { Showing(clip: clip.file, codec: $0) } }
        }

        @Test(
            "what is labelled in a clip is told in time, and nothing else", .timeLimit(.minutes(90)))
        func clips() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(GestureTests.settings)
            try #require(try await stage.ready(worker), "\(worker.text)")
            let corpus = try #require(GestureCorpus())
            let clips = Dictionary(uniqueKeysWithValues: try corpus.clips().map { ($0.file, $0) })
            // So many at a time that encoders and models have room on two processors.
            let showings = Self.showings
            for start in stride(from: 0, to: showings.count, by: 3) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for showing in showings[start..<min(start + 3, showings.count)] {
                        let clip = try #require(clips[showing.clip])
                        group.addTask { try await Self.show(clip, of: corpus, showing, stage, worker) }
                    }
                    try await group.waitForAll()
                }
            }
            worker.signal(SIGKILL)
            await stage.close()
        }

        /// What docs/layers/gesture.md says to be late: very dark pictures, and the second of two people's palms.
        private static func grace(_ clip: String, _ kind: String, _ start: Double) -> Double {
            let isLate = clip.hasPrefix("c07") || clip.hasPrefix("c10") && kind == "palm_to_forehead" && start > 20
            return isLate ? 1.6 : 0
        }

        private static func show(
            _ clip: LabelledClip, of corpus: GestureCorpus, _ showing: Showing, _ stage: Stage, _ worker: JaskProcess
        ) async throws {
            let file = corpus.folder.appendingPathComponent("clips").appendingPathComponent(clip.file)
            let seconds = showing.seconds ?? clip.duration
            // Nothing is looked at before the notice is out and a key frame there: the clip begins when both are.
            let candidate = try stage.startPythonCandidate(
                room: showing.room,
                [
                    "--wav", Stage.briefSpeech, "--camera", "--film", file.path, "--film-after", "3", "--rate", "0",
                    "--size", "\(clip.width)x\(clip.height)", "--seconds", "150",
                ] + showing.codec)
            let trial = CameraTrial(worker: worker, room: showing.room)
            let reel = try await candidate.reel()
            try await Task.sleep(for: .seconds(seconds - (Date().timeIntervalSince1970 - reel)))
            candidate.terminate()
            let labels = clip.events.filter { $0.start < seconds - 2 }.map {
                CameraTrial.Label(
                    kind: $0.event, start: $0.start, end: $0.end, grace: grace(clip.file, $0.event, $0.start))
            }
            let late = trial.expect(
                labels, reel: reel, bar: stage.bar(GestureTests.decision),
                "\(stage.machine.report)\n\(candidate.errors)\n\(worker.text)")
            print("spine: \(showing), \(trial.pictures): told after \(late) s")
        }
    }
}
