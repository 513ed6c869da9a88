import Foundation
import GestureEvaluation
import Perception
import PerceptionModels
import Testing
import VisionModelFixtures
import VoiceEvaluation

/// Gestures of rendered people, through looker and rules in virtual time: what differs from one to the next is known.
@Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)), .serialized)
struct RenderedGestureTests {
    private static let isLong = ProcessInfo.processInfo.environment["JASK_LONG_TESTS"] != nil

    /// `JASK_FILMS=60..<120` takes another hour of everyday life, or a film that is to be looked into.
    private static var everyday: Range<Int> { chosen("JASK_FILMS") ?? 0..<(isLong ? 60 : 10) }

    /// `JASK_GESTURE_FILMS=144..<432` takes a part of all films of gestures.
    private static var gestures: Range<Int> { chosen("JASK_GESTURE_FILMS") ?? 0..<(isLong ? 432 : 48) }

    private static func chosen(_ name: String) -> Range<Int>? {
        let bounds = (ProcessInfo.processInfo.environment[name] ?? "").components(separatedBy: "..<").map { Int($0) }
        guard bounds.count == 2, let first = bounds[0], let end = bounds[1], 0 <= first, first < end else { return nil }
        return first..<end
    }

    @Test("raised hands and palms on foreheads are seen in time, whoever makes them, in any usual light")
    func recall() async throws {
        let films = Self.gestures.map(RenderedFilm.gestures)
        let evaluations = try await films.mapSideBySide { try $0.evaluate(models: try ReleasedVision.models()) }
        Self.report(films, evaluations)
        for kind in Gesture.Kind.allCases {
            let figures = GestureFigures("", kind, evaluations)
            let dwell = kind == .raisedHand ? 0.8 : 1.0
            #expect(figures.recall >= 0.95, "\(kind)")
            #expect(figures.wrong + figures.double == 0, "\(kind)")
            #expect(figures.latency95 <= dwell + 0.4, "\(kind)")
            #expect(!(figures.darkLatency95 > dwell + 2), "\(kind)")
        }
    }

    @Test("nothing of everyday life is taken for a gesture")
    func negatives() async throws {
        let films = Self.everyday.map(RenderedFilm.everyday)
        let evaluations = try await films.mapSideBySide { try $0.evaluate(models: try ReleasedVision.models()) }
        print("\(films.count) minutes of everyday life\n\(GestureCost(evaluations))")
        for (film, evaluation) in zip(films, evaluations) {
            for told in evaluation.wrong {
                Issue.record("\(told.kind) at \(told.start) s of \(film): \(film.doing(at: told.start))")
            }
            // Somebody was looked at.
            #expect(evaluation.looks.count > 10, "\(film)")
        }
    }

    /// A row for each trait and kind.
    private static func report(_ films: [RenderedFilm], _ evaluations: [ClipEvaluation]) {
        var lines = [GestureFigures.header]
        var traits: [String] = []
        for index in films[0].traits.indices {
            traits += Set(films.map { $0.traits[index] }).sorted()
        }
        for kind in Gesture.Kind.allCases {
            for trait in traits {
                let own = zip(films, evaluations).filter { $0.0.traits.contains(trait) }.map(\.1)
                lines.append("\(GestureFigures(trait, kind, own))")
            }
            lines.append("\(GestureFigures("all", kind, evaluations))")
        }
        for (film, evaluation) in zip(films, evaluations) {
            for label in evaluation.labels {
                let dwell = label.kind == .raisedHand ? 0.8 : 1.0
                if label.latency.map({ $0 > dwell + 0.4 }) ?? true {
                    let late = label.latency.map { String(format: "%.2f s late", $0) } ?? "missed"
                    lines.append("missed: \(label.kind.rawValue) at \(label.start) s of \(film): \(late)")
                }
            }
            for told in evaluation.wrong + evaluation.double {
                lines.append("false: \(told.kind.rawValue) at \(told.start) s of \(film)")
            }
        }
        print(lines.joined(separator: "\n"))
        print(GestureCost(evaluations))
    }
}
