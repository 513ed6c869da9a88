import Foundation
import Inference
import Perception
import PerceptionModels
import SansIO

/// What the voice part makes of one labelled track: the probability of each frame against its label, and its pauses
/// against the labelled ones.
public struct VoiceEvaluation: Sendable {
    public var track: LabelledTrack
    /// Of each frame of 32 ms in the labelled part.
    public var probabilities: [Float] = []
    public var isSpeech: [Bool] = []
    /// The pauses found, in seconds.
    public var pauses: [LabelledTrack.Span] = []
    public private(set) var missed: [LabelledTrack.Span] = []
    public private(set) var falseAlarms: [LabelledTrack.Span] = []
    /// How far the begin and end of found pauses are from their labels, in seconds.
    public private(set) var onsetErrors: [Double] = []
    public private(set) var offsetErrors: [Double] = []
    /// CPU-independent count of chunks, and the wall time the model took for all of them.
    public private(set) var modelTime: Duration = .zero
    private var voiceBegan: Instant?

    private static let candidate: Identity = "candidate"
    private static let interviewer: Identity = "interviewer"

    /// Where the participant was heard to speak, in seconds.
    public private(set) var turns: [LabelledTrack.Span] = []

    /// Runs the voice model over a track, and a room in which the track's other participant is heard as well.
    /// - Parameters:
    ///   - samples: the track's sound as it is heard: clean, or after codec and network (then as long as the clean one).
    ///   - other: the other participant's own track, as it is heard; empty where nobody else is heard.
    ///   - otherDelay: how much later than this track's sound the other's is decoded.
    public init(
        _ track: LabelledTrack, samples: [Int16], other: [Int16], model: SileroModel, otherDelay: Duration = .zero,
        configuration: PauseConfiguration = .init()
    ) {
        self.track = track
        var chunker = VoiceChunker(model: model)
        let started = ContinuousClock().now
        let chunks = chunker.chunks(of: samples, at: .zero)
        modelTime = ContinuousClock().now - started
        compareFrames(samples, model)
        chunker.reset()
        listen(to: chunks, chunker.chunks(of: other, at: .zero), otherDelay, configuration)
        comparePauses()
    }

    /// By the model's own probabilities: the byte that is kept of each has ties near 0, which decide nothing, but of the
    /// area under the curve cost .0004 in clean sound and .0009 over bursts of loss.
    private mutating func compareFrames(_ samples: [Int16], _ model: SileroModel) {
        var detector = VoiceActivityDetector(model: model)
        let (length, rate) = (SileroModel.chunkLength, 16_000.0)
        for start in stride(from: 0, through: samples.count - length, by: length) {
            let middle = (Double(start) + Double(length) / 2) / rate
            guard middle < track.labelledUntil else { break }
            let chunk = samples[start..<(start + length)]
            guard let probability = chunk.withUnsafeBufferPointer({ detector.process($0) }) else { break }
            probabilities.append(probability)
            isSpeech.append(track.speech.contains { $0.lowerBound <= middle && middle < $0.upperBound })
        }
    }

    private mutating func listen(
        to chunks: [VoiceChunk], _ others: [VoiceChunk], _ delay: Duration, _ configuration: PauseConfiguration
    ) {
        var room = RoomPerception(configuration: PerceptionConfiguration(pause: configuration))
        room.receive(.connection(isUp: true), at: .zero)
        for identity in [Self.candidate, Self.interviewer] {
            room.receive(.microphones(identity, [Microphone(sid: "TR", isMuted: false)]), at: .zero)
            room.receive(.listen(identity, hasSpoken: false, silentSince: nil), at: .zero)
        }
        var rest = others[...]
        for chunk in chunks {
            while let other = rest.first, other.end + delay <= chunk.end {
                room.receive(.sound(Self.interviewer, track: "TR", .chunks([other])), at: chunk.end)
                rest.removeFirst()
            }
            room.receive(.sound(Self.candidate, track: "TR", .chunks([chunk])), at: chunk.end)
            while let signal = room.pollOutput() { note(signal) }
        }
        let end = chunks.last?.end ?? .zero
        room.receive(.ignore(Self.candidate), at: end)
        while let signal = room.pollOutput() { note(signal, until: track.duration) }
    }

    private mutating func note(_ signal: Signal, until last: Double? = nil) {
        guard signal.participant == Self.candidate else { return }
        switch signal {
        case .voiceBegan(_, let instant): voiceBegan = instant
        case .voiceEnded(_, let instant):
            if let began = voiceBegan {
                turns.append(Self.seconds(began)...max(Self.seconds(began), Self.seconds(instant)))
            }
        case .pauseEnded(_, let since, let end, _):
            pauses.append(Self.seconds(since)...max(Self.seconds(end), last ?? 0))
        default: break
        }
    }

    /// A labelled pause is found where the best remaining pause overlaps it by half of both together.
    private mutating func comparePauses() {
        var remaining = pauses
        for label in track.pauses {
            let overlaps = remaining.map { Self.overlap($0, label) }
            guard let best = overlaps.max(), best >= 0.5, let index = overlaps.firstIndex(of: best) else {
                missed.append(label)
                continue
            }
            onsetErrors.append(abs(remaining[index].lowerBound - label.lowerBound))
            offsetErrors.append(abs(remaining[index].upperBound - label.upperBound))
            remaining.remove(at: index)
        }
        falseAlarms = remaining
    }

    /// The length of what two spans share over the length of what they cover.
    private static func overlap(_ one: LabelledTrack.Span, _ other: LabelledTrack.Span) -> Double {
        let shared = min(one.upperBound, other.upperBound) - max(one.lowerBound, other.lowerBound)
        let covered = max(one.upperBound, other.upperBound) - min(one.lowerBound, other.lowerBound)
        return covered > 0 ? max(0, shared) / covered : 0
    }

    private static func seconds(_ instant: Instant) -> Double { Double(instant.nanoseconds) / 1e9 }
}

/// The figures of several tracks together.
public struct VoiceFigures: Sendable, CustomStringConvertible {
    public var name: String
    /// The area under the curve of true over false positives: 1 is perfect, 0.5 is chance. NaN without both kinds.
    public var areaUnderCurve: Double
    /// Of frames, at a threshold of 0.5.
    public var f1: Double
    public var labelled: Int
    public var missed: Int
    public var falseAlarms: Int
    /// The 95th percentile in seconds; NaN without a found pause.
    public var onsetError95: Double
    public var offsetError95: Double

    public init(_ name: String, _ evaluations: [VoiceEvaluation]) {
        self.name = name
        let probabilities = evaluations.flatMap(\.probabilities)
        let isSpeech = evaluations.flatMap(\.isSpeech)
        areaUnderCurve = Self.areaUnderCurve(probabilities, isSpeech)
        f1 = Self.f1(probabilities, isSpeech, threshold: 0.5)
        labelled = evaluations.map(\.track.pauses.count).reduce(0, +)
        missed = evaluations.map(\.missed.count).reduce(0, +)
        falseAlarms = evaluations.map(\.falseAlarms.count).reduce(0, +)
        onsetError95 = Self.percentile(evaluations.flatMap(\.onsetErrors), 0.95)
        offsetError95 = Self.percentile(evaluations.flatMap(\.offsetErrors), 0.95)
    }

    /// By ranks (Mann and Whitney), ties sharing their mean rank.
    public static func areaUnderCurve(_ values: [Float], _ isPositive: [Bool]) -> Double {
        let order = values.indices.sorted { values[$0] < values[$1] }
        let positives = Double(isPositive.count { $0 })
        let negatives = Double(isPositive.count) - positives
        guard positives > 0, negatives > 0 else { return .nan }
        var rankSum = 0.0
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            let meanRank = Double(start + end + 1) / 2
            rankSum += meanRank * Double(order[start..<end].count { isPositive[$0] })
            start = end
        }
        return (rankSum - positives * (positives + 1) / 2) / (positives * negatives)
    }

    static func f1(_ values: [Float], _ isPositive: [Bool], threshold: Float) -> Double {
        let said = values.count { $0 >= threshold }
        let both = zip(values, isPositive).count { $0 >= threshold && $1 }
        let sum = said + isPositive.count { $0 }
        return sum > 0 ? 2 * Double(both) / Double(sum) : .nan
    }

    public static func percentile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return .nan }
        let rank = share * Double(sorted.count - 1)
        let lower = Int(rank)
        guard lower + 1 < sorted.count else { return last }
        return sorted[lower] + (rank - Double(lower)) * (sorted[lower + 1] - sorted[lower])
    }

    public static let header =
        "| tracks | AUC | F1 at 0.5 | missed | false | onset p95 ms | offset p95 ms |\n|---|---|---|---|---|---|---|"

    public var description: String {
        func milliseconds(_ seconds: Double) -> String {
            seconds.isNaN ? "-" : String(Int((seconds * 1_000).rounded()))
        }
        let figures = String(format: "%.4f | %.3f", areaUnderCurve, f1)
        return "| \(name) | \(figures) | \(missed)/\(labelled) | \(falseAlarms) | "
            + "\(milliseconds(onsetError95)) | \(milliseconds(offsetError95)) |"
    }
}
