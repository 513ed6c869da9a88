import Foundation
import GestureEvaluation
import Perception
import PerceptionModels
import Testing
import VisionModelFixtures
import VoiceEvaluation

enum GestureCorpusSetting {
    static let absence = GestureCorpus.absence(modelsAbsence: ReleasedVision.isThere ? nil : ReleasedVision.absence)
}

/// Gestures over the labelled corpus: needs `../shared/corpus/gesture` beside the package, ffmpeg and the models. Real
/// palms on the forehead are one photograph in it: recall of them is not measured.
@Suite(
    .enabled(if: GestureCorpusSetting.absence == nil, Comment(rawValue: GestureCorpusSetting.absence ?? "")),
    .serialized)
struct GestureCorpusTests {
    private static let isLong = ProcessInfo.processInfo.environment["JASK_LONG_TESTS"] != nil

    private static var showings: [ClipEvaluation.Showing] {
        guard isLong else { return [.init(rate: 5, phase: 0)] }
        return [Int?.none, 320].flatMap { width in
            [5.0, 4.0].flatMap { rate in (0..<3).map { .init(width: width, rate: rate, phase: $0) } }
        }
    }

    @Test("gestures of the labelled clips are seen in time, and nothing else is taken for one")
    func clips() async throws {
        let corpus = try #require(GestureCorpus())
        let clips = try corpus.clips()
        var all: [ClipEvaluation] = []
        for showing in Self.showings {
            let evaluations = try await clips.mapSideBySide { clip in
                try ClipEvaluation(clip, of: corpus, showing, models: try ReleasedVision.models())
            }
            Self.report("\(showing)", evaluations)
            all += evaluations
            for kind in Gesture.Kind.allCases {
                let figures = GestureFigures("", kind, evaluations)
                #expect(figures.missed <= 1 && figures.wrong + figures.double <= 1, "\(kind) at \(showing)")
            }
        }
        Self.report("all", all)
        print(GestureCost(all))
        for kind in Gesture.Kind.allCases {
            let figures = GestureFigures("", kind, all)
            let dwell = Self.dwell(of: kind)
            #expect(figures.recall >= 0.97 || !Self.isLong, "\(kind)")
            #expect(figures.latency95 <= dwell + 0.4, "\(kind)")
            #expect(!(figures.darkLatency95 > dwell + 2), "\(kind)")
        }
    }

    @Test("single pictures: no class is taken for a gesture that it is not")
    func stills() async throws {
        let corpus = try #require(GestureCorpus())
        let stills = try corpus.stills().filter { $0.label != "ambiguous" && !$0.borderline }
        let evaluations = try await stills.mapSideBySide { still in
            try StillEvaluation(still, of: corpus, models: try ReleasedVision.models())
        }
        print(StillEvaluation.table(evaluations))
        func share(_ kind: Gesture.Kind, of label: String) -> Double {
            let rows = evaluations.filter { $0.still.label == label }
            return Double(rows.count { $0.kinds.contains(kind) }) / Double(max(rows.count, 1))
        }
        #expect(share(.raisedHand, of: "raised_hand") >= 0.88)
        #expect(share(.palmToForehead, of: "palm_to_forehead") >= 0.80)
        for evaluation in evaluations {
            let label = Gesture.Kind(rawValue: evaluation.still.label)
            #expect(evaluation.kinds.allSatisfy { $0 == label }, "\(evaluation.still)")
        }
    }

    /// Seconds for which it must be seen.
    private static func dwell(of kind: Gesture.Kind) -> Double { kind == .raisedHand ? 0.8 : 1.0 }

    private static func report(_ name: String, _ evaluations: [ClipEvaluation]) {
        var lines = [GestureFigures.header]
        lines += Gesture.Kind.allCases.map { "\(GestureFigures(name, $0, evaluations))" }
        for evaluation in evaluations {
            for label in evaluation.labels where label.latency == nil {
                lines.append("missed: \(evaluation.name), \(label.kind.rawValue) at \(label.start) s, \(name)")
            }
            for label in evaluation.labels {
                guard let latency = label.latency, latency > Self.dwell(of: label.kind) + 0.4 else { continue }
                lines.append(
                    "late: \(evaluation.name), \(label.kind.rawValue) at \(label.start) s, \(name): \(latency) s")
            }
            for told in evaluation.wrong + evaluation.double {
                lines.append("false: \(evaluation.name), \(told.kind.rawValue) at \(told.start) s, \(name)")
            }
        }
        print(lines.joined(separator: "\n"))
    }
}
