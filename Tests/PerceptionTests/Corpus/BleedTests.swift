import Foundation
import Inference
import Perception
import PerceptionModels
import SansIO
import Testing
import VoiceEvaluation
import VoiceModelFixtures

/// The recording with an interviewer's voice in the candidate's microphone, and that voice made as loud as the candidate's
/// own, beside the interviewer's track: by level alone, and by likeness.
@Suite(.enabled(if: CorpusSetting.absence == nil, Comment(rawValue: CorpusSetting.absence ?? "")))
struct BleedTests {
    private struct Figures: CustomStringConvertible {
        var falseTurns = 0
        var wrongPauses = 0
        /// Of the seconds in which the candidate speaks.
        var heard = 0.0

        var description: String {
            "\(falseTurns) turns, \(wrongPauses) wrong pauses, \(String(format: "%.3f", heard)) of their own heard"
        }
    }

    /// In the recording the bleed is 25 dB below the candidate.
    private static let gains = [0.0, 6, 12, 18, 24]

    @Test func bleedAsLoudAsTheCandidateIsNotTheirVoice() async throws {
        let (track, samples, other) = try Self.recording()
        let model = try ReleasedModel.model
        var byLevel = PauseConfiguration()
        byLevel.voice.bleedLikeness = 1
        let before = byLevel
        let rows = try await Self.gains.mapSideBySide { gain in
            let loud = Self.withBleed(louder: gain, track, samples)
            return [before, PauseConfiguration()].map {
                Self.figures(VoiceEvaluation(track, samples: loud, other: other, model: model, configuration: $0))
            }
        }
        print("| bleed louder by | turns of the interviewer taken for the candidate's, by level | by likeness too |")
        print("|---|---|---|")
        for (gain, row) in zip(Self.gains, rows) { print("| \(Int(gain)) dB | \(row[0]) | \(row[1]) |") }
        for (gain, row) in zip(Self.gains, rows) {
            let (level, likeness) = (row[0], row[1])
            #expect(likeness.heard > level.heard - 0.01, "at \(gain) dB")
            // The path is known from the interviewer's first turn on.
            #expect(likeness.falseTurns <= 1 && likeness.wrongPauses <= 1, "at \(gain) dB: \(likeness)")
            if gain >= 6 { #expect(level.falseTurns >= 15 && level.wrongPauses >= 5, "at \(gain) dB: \(level)") }
        }
        #expect(rows[0][1].falseTurns == 0 && rows[0][1].wrongPauses == 0)
    }

    /// The candidate's sound takes the way of the interviewer's voice, their loudspeaker and back, and their two tracks are
    /// decoded one after the other.
    @Test("wherever the two tracks are late", arguments: [(160, 0), (160, 96), (480, 0), (480, 320)] as [(Int, Int)])
    func theLagDoesNotMatter(lag: Int, late: Int) throws {
        var (track, samples, other) = try Self.recording()
        samples = [Int16](repeating: 0, count: lag * 16) + Self.withBleed(louder: 18, track, samples)
        other += [Int16](repeating: 0, count: lag * 16)
        let seconds = Double(lag) / 1_000
        func moved(_ spans: [LabelledTrack.Span]) -> [LabelledTrack.Span] {
            spans.map { ($0.lowerBound + seconds)...($0.upperBound + seconds) }
        }
        (track.speech, track.pauses) = (moved(track.speech), moved(track.pauses))
        let found = Self.figures(
            VoiceEvaluation(
                track, samples: samples, other: other, model: try ReleasedModel.model, otherDelay: .milliseconds(late)))
        print("\(lag) ms later, \(late) ms late: \(found)")
        #expect(found.falseTurns <= 1 && found.wrongPauses <= 1 && found.heard > 0.97)
    }

    private static func recording() throws -> (LabelledTrack, [Int16], [Int16]) {
        let corpus = try #require(CorpusSetting.corpus)
        let track = try #require(try corpus.tracks().first { $0.other != nil })
        return (track, try corpus.samples(of: track), try corpus.otherSamples(of: track))
    }

    private static func withBleed(louder gain: Double, _ track: LabelledTrack, _ samples: [Int16]) -> [Int16] {
        var samples = samples
        for span in track.bleed {
            let range = Int((span.lowerBound - 0.2) * 16_000)..<Int((span.upperBound + 0.25) * 16_000)
            for index in range.clamped(to: samples.indices) {
                // Faded in and out over 50 ms.
                let edge = Double(min(index - range.lowerBound, range.upperBound - index)) / 800
                let decibels = gain * min(edge, 1)
                samples[index] = Int16(clamping: Int(Double(samples[index]) * pow(10, decibels / 20)))
            }
        }
        return samples
    }

    private static func figures(_ evaluation: VoiceEvaluation) -> Figures {
        func shared(_ one: LabelledTrack.Span, _ other: LabelledTrack.Span) -> Double {
            max(0, min(one.upperBound, other.upperBound) - max(one.lowerBound, other.lowerBound))
        }
        func sum(_ spans: [LabelledTrack.Span], _ value: (LabelledTrack.Span) -> Double) -> Double {
            spans.reduce(0) { $0 + value($1) }
        }
        let (speech, turns) = (evaluation.track.speech, evaluation.turns)
        var figures = Figures(wrongPauses: evaluation.missed.count + evaluation.falseAlarms.count)
        figures.falseTurns = turns.count { turn in
            sum(speech) { shared(turn, $0) } < 0.3 * (turn.upperBound - turn.lowerBound)
        }
        figures.heard =
            sum(speech) { span in sum(turns) { shared(span, $0) } } / sum(speech) { $0.upperBound - $0.lowerBound }
        return figures
    }
}
