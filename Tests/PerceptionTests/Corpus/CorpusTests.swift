import Foundation
import Perception
import SansIO
import Testing
import VoiceEvaluation
import VoiceModelFixtures

enum CorpusSetting {
    static let corpus = LabelledCorpus()
    static let absence = LabelledCorpus.absence(modelIsThere: ReleasedModel.isThere)
}

/// The voice part over the labelled corpus: needs `../shared/corpus/audio` beside the package, ffmpeg and the model.
@Suite(.enabled(if: CorpusSetting.absence == nil, Comment(rawValue: CorpusSetting.absence ?? "")), .serialized)
struct CorpusTests {
    @Test func theCorpusIsHeardAsItIsLabelled() async throws {
        let corpus = try #require(CorpusSetting.corpus)
        let model = try ReleasedModel.model
        let evaluations = try await corpus.tracks().mapSideBySide { track in
            VoiceEvaluation(
                track, samples: try corpus.samples(of: track), other: try corpus.otherSamples(of: track), model: model)
        }
        let all = VoiceFigures("all", evaluations)
        Self.report(evaluations, all)
        for evaluation in evaluations {
            #expect(evaluation.missed.isEmpty, "missed in \(evaluation.track)")
            #expect(evaluation.falseAlarms.isEmpty, "false in \(evaluation.track)")
        }
        #expect(all.onsetError95 <= 0.3)
        // Silero's own figure on the whole corpus is .9921.
        #expect(all.areaUnderCurve >= 0.9915)
        #expect(all.labelled >= 90)
    }

    private static func report(_ evaluations: [VoiceEvaluation], _ all: VoiceFigures) {
        let groups = Dictionary(grouping: evaluations, by: \.track.background).sorted { $0.key < $1.key }
        let lines = [VoiceFigures.header] + groups.map { "\(VoiceFigures($0.key, $0.value))" } + ["\(all)"]
        let chunks = evaluations.map(\.probabilities.count).reduce(0, +)
        let time = evaluations.map(\.modelTime.inSeconds).reduce(0, +)
        let perChunk = String(format: "%.1f", time / Double(max(chunks, 1)) * 1e6)
        print(lines.joined(separator: "\n") + "\n\(chunks) chunks of 32 ms, \(perChunk) µs each")
    }
}

@Suite struct VoiceFiguresTests {
    @Test func theAreaUnderTheCurveCountsPairsInOrder() {
        #expect(VoiceFigures.areaUnderCurve([0.1, 0.4, 0.35, 0.8], [false, false, true, true]) == 0.75)
        #expect(VoiceFigures.areaUnderCurve([0.5, 0.5], [false, true]) == 0.5)
        #expect(VoiceFigures.areaUnderCurve([0.5], [true]).isNaN)
    }

    @Test func thePercentileIsLinearBetweenRanks() {
        #expect(VoiceFigures.percentile([3, 1, 2], 0.75) == 2.5)
        #expect(VoiceFigures.percentile([], 0.5).isNaN)
    }
}
