import Foundation
import Inference
import Perception
import SansIO
import Testing
import VoiceEvaluation

/// What of the evaluation can run on this machine.
enum Setting {
    static let modelPath = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
    static let hasModel = modelPath.map { FileManager.default.fileExists(atPath: $0) } ?? false
    static let modelAbsence: Comment = "needs the voice model: run scripts/fetch-models"

    static let corpus = LabelledCorpus()
    static let corpusAbsence = LabelledCorpus.absence(modelIsThere: hasModel)
    static let isFull = ProcessInfo.processInfo.environment["JASK_LONG_TESTS"] == "1"

    static func model() throws -> SileroModel { try SileroModel.load(path: modelPath ?? "") }

    /// How far the area under the curve may fall below that of the clean sound.
    static let largestFall = 0.005
    /// The 95th percentile of how far a pause's begin may be off, in seconds.
    static let largestOnsetError = 0.3
}

/// The voice part over codec, network and jitter buffer, beside the same sound as it was before.
@Suite(.serialized) struct VoiceOverNetworkTests {
    @Test(.enabled(if: Setting.hasModel, Setting.modelAbsence))
    func theClipIsHeardOverABadNetworkAsOverNone() throws {
        let samples = try Clip.samples()
        let track = try Self.clipTrack(length: samples.count)
        let model = try Setting.model()
        let clean = VoiceFigures("clean", [VoiceEvaluation(track, samples: samples, other: [], model: model)])
        #expect(clean.areaUnderCurve > 0.95 && clean.missed == 0 && clean.falseAlarms == 0)
        for (seed, path) in [(1, DegradedPath.bad), (2, .bad), (1, .bursty)] as [(UInt64, DegradedPath)] {
            let heard = try path.heard(samples, seed: seed)
            #expect(heard.lost > 0)
            let figures = VoiceFigures("", [VoiceEvaluation(track, samples: heard.samples, other: [], model: model)])
            Self.expect(figures, near: clean, "seed \(seed), \(path.conditions)")
        }
    }

    /// Every track under one seed; with `JASK_LONG_TESTS=1` under three, and in bursts too.
    @Test(.enabled(if: Setting.corpusAbsence == nil, Comment(rawValue: Setting.corpusAbsence ?? "")))
    func theCorpusIsHeardOverABadNetworkAsOverNone() async throws {
        let corpus = try #require(Setting.corpus)
        let model = try Setting.model()
        let tracks = try corpus.tracks()
        let sounds = try await tracks.mapSideBySide { try corpus.samples(of: $0) }
        let others = try await tracks.mapSideBySide { try corpus.otherSamples(of: $0) }
        let clean = try await tracks.indices.mapSideBySide {
            VoiceEvaluation(tracks[$0], samples: sounds[$0], other: others[$0], model: model)
        }
        let cleanFigures = VoiceFigures("clean", clean)
        print("\(VoiceFigures.header)\n\(cleanFigures)")
        let paths =
            Setting.isFull ? [("5 % loss", DegradedPath.bad), ("5 % in bursts", .bursty)] : [("5 % loss", .bad)]
        for (name, path) in paths {
            for seed in 1...(Setting.isFull ? 3 : 1) as ClosedRange<UInt64> {
                let run = try await Self.evaluate(tracks, sounds, others, path: path, seed: seed, model: model)
                Self.report("\(name), seed \(seed)", run, byBackground: Setting.isFull && seed == 1)
                for evaluation in run {
                    #expect(evaluation.missed.isEmpty, "missed in \(evaluation.track), \(name), seed \(seed)")
                    #expect(evaluation.falseAlarms.isEmpty, "false in \(evaluation.track), \(name), seed \(seed)")
                }
                let figures = VoiceFigures(name, run)
                #expect(figures.labelled >= 90)
                Self.expect(figures, near: cleanFigures, "\(name), seed \(seed)")
            }
        }
    }

    private static func evaluate(
        _ tracks: [LabelledTrack], _ sounds: [[Int16]], _ others: [[Int16]], path: DegradedPath, seed: UInt64,
        model: SileroModel
    ) async throws -> [VoiceEvaluation] {
        let runs = try await tracks.indices.mapSideBySide { index in
            let heard = try path.heard(sounds[index], seed: seed &* 1_000 &+ UInt64(index))
            // The other's sound comes by as bad a path of its own.
            let other =
                others[index].isEmpty ? [] : try path.heard(others[index], seed: seed &* 1_000 &+ 500).samples
            let repaired =
                heard.statistics.recoveredByRedundancy + heard.statistics.recoveredByForwardErrorCorrection
            return (
                evaluation: VoiceEvaluation(
                    tracks[index], samples: heard.samples, other: other, model: model), sent: heard.sent,
                lost: heard.lost, repaired: repaired, concealed: Int(heard.statistics.concealedSamples) / 960
            )
        }
        func sum(_ count: (Int) -> Int) -> Int { runs.indices.reduce(0) { $0 + count($1) } }
        print(
            "\(sum { runs[$0].sent }) packets, \(sum { runs[$0].lost }) lost: \(sum { runs[$0].repaired }) repaired, "
                + "\(sum { runs[$0].concealed }) concealed")
        return runs.map(\.evaluation)
    }

    private static func expect(_ figures: VoiceFigures, near clean: VoiceFigures, _ comment: Comment) {
        #expect(figures.areaUnderCurve >= clean.areaUnderCurve - Setting.largestFall, comment)
        #expect(figures.missed == 0 && figures.falseAlarms == 0, comment)
        #expect(figures.onsetError95 <= Setting.largestOnsetError, comment)
    }

    private static func report(_ name: String, _ evaluations: [VoiceEvaluation], byBackground: Bool) {
        if byBackground {
            let groups = Dictionary(grouping: evaluations, by: \.track.background).sorted { $0.key < $1.key }
            for (background, group) in groups { print(VoiceFigures("\(name): \(background)", group)) }
        }
        print(VoiceFigures(name, evaluations))
    }

    /// The clip's labels: two utterances and the pause between them.
    private static func clipTrack(length: Int) throws -> LabelledTrack {
        struct Reference: Decodable { var utterances: [[Double]] }
        let labels = Clip.file.deletingLastPathComponent().appendingPathComponent("speech.probabilities.json")
        let speech = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: labels)).utterances
        let pause = [try #require(speech.first?.last), try #require(speech.last?.first)]
        let object: [String: Any] = [
            "file": "speech.wav", "duration": Double(length) / Double(DegradedPath.sampleRate), "background": "none",
            "speech": speech, "pauses": [pause],
        ]
        return try JSONDecoder().decode(
            LabelledTrack.self, from: JSONSerialization.data(withJSONObject: object))
    }
}
