import Foundation
import Perception
import SansIO
import VoiceEvaluation

/// The figures of several clips of one kind of gesture together.
public struct GestureFigures: Sendable, CustomStringConvertible {
    public var name: String
    public var kind: Gesture.Kind
    public var labelled: Int
    public var missed: Int
    public var wrong: Int
    public var double: Int
    /// In seconds; NaN without a found gesture.
    public var latencyMedian: Double
    public var latency95: Double
    /// The same where the picture's mean luma is below 60.
    public var darkLabelled: Int
    public var darkLatency95: Double

    public init(_ name: String, _ kind: Gesture.Kind, _ evaluations: [ClipEvaluation]) {
        self.name = name
        self.kind = kind
        let labels = evaluations.flatMap(\.labels).filter { $0.kind == kind }
        labelled = labels.count
        missed = labels.count { $0.latency == nil }
        wrong = evaluations.reduce(0) { $0 + $1.wrong.count { $0.kind == kind } }
        double = evaluations.reduce(0) { $0 + $1.double.count { $0.kind == kind } }
        let light = labels.filter { !$0.isDark }.compactMap(\.latency)
        let dark = labels.filter(\.isDark)
        latencyMedian = VoiceFigures.percentile(light, 0.5)
        latency95 = VoiceFigures.percentile(light, 0.95)
        darkLabelled = dark.count
        darkLatency95 = VoiceFigures.percentile(dark.compactMap(\.latency), 0.95)
    }

    public var recall: Double { labelled == 0 ? 1 : 1 - Double(missed) / Double(labelled) }

    public static let header =
        "| shown | gesture | hit/true | false | double | light: median s | p95 s | dark: true | p95 s |\n"
        + "|---|---|---|---|---|---|---|---|---|"

    public var description: String {
        func seconds(_ value: Double) -> String { value.isNaN ? "-" : String(format: "%.2f", value) }
        return "| \(name) | \(kind.rawValue) | \(labelled - missed)/\(labelled) | \(wrong) | \(double) | "
            + "\(seconds(latencyMedian)) | \(seconds(latency95)) | \(darkLabelled) | \(seconds(darkLatency95)) |"
    }
}

/// What models took, by what was to be seen.
public struct GestureCost: Sendable, CustomStringConvertible {
    private var calls: [ClipEvaluation.State: (calls: CountingModels.Calls, seconds: Double)] = [:]
    private var time: Duration = .zero
    private var pictures = 0

    public init(_ evaluations: [ClipEvaluation]) {
        for evaluation in evaluations {
            time += evaluation.lookerTime
            pictures += evaluation.pictures
            for (state, part) in evaluation.calls {
                calls[state, default: (.init(), 0)].calls += part.calls
                calls[state, default: (.init(), 0)].seconds += part.seconds
            }
        }
    }

    public var description: String {
        let lines = ClipEvaluation.State.allCases.compactMap { state -> String? in
            guard let part = calls[state], part.seconds > 0 else { return nil }
            let counts = part.calls
            let rates = [counts.near, counts.palm, counts.hand, counts.far + counts.presence + counts.handFull].map {
                String(format: "%.2f", Double($0) / part.seconds)
            }
            let cost = String(format: "%.1f", counts.milliseconds / part.seconds)
            return "| \(state.rawValue) | \(rates.joined(separator: " | ")) | \(cost) |"
        }
        let wall = String(format: "%.2f", time.inSeconds * 1_000 / Double(max(pictures, 1)))
        return (["| seen | face/s | palm/s | hand/s | other/s | models, ms/s |", "|---|---|---|---|---|---|"] + lines)
            .joined(separator: "\n") + "\n\(pictures) pictures, \(wall) ms each of wall time, models included"
    }
}
