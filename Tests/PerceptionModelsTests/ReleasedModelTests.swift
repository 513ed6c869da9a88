import Perception
import PerceptionModels
import SansIO
import Testing
import VoiceModelFixtures

@testable import Inference

@Suite(.enabled(if: ReleasedModel.isThere, Comment(rawValue: ReleasedModel.absence)))
struct ReleasedModelTests {
    /// Chunks keep a probability in a byte.
    private static let tolerance: Float = 1e-4 + 0.5 / 255

    private func largestDifference(_ samples: [Int16], _ reference: [Float]) throws -> Float {
        var chunker = VoiceChunker(model: try ReleasedModel.model)
        let found = chunker.chunks(of: samples, at: .zero)
        try #require(found.count == reference.count)
        return zip(found, reference).map { abs($0.probability - $1) }.max() ?? 0
    }

    @Test func speechIsHeardAsTheReferenceHearsIt() throws {
        let difference = try largestDifference(Fixtures.speech(), Fixtures.reference().speech)
        #expect(difference < Self.tolerance)
    }

    @Test func aBuzzIsHeardAsTheReferenceHearsIt() throws {
        let reference = try Fixtures.reference().buzz
        let difference = try largestDifference(SileroModel.knownSound(chunks: reference.count), reference)
        #expect(difference < Self.tolerance)
    }

    @Test func theKnownAnswerIsTheFixture() throws {
        let reference = try Fixtures.reference().buzz
        #expect(SileroModel.knownProbabilities == Array(reference.prefix(SileroModel.knownProbabilities.count)))
    }

    @Test func theClipHasOnePauseBetweenItsUtterances() throws {
        var chunker = VoiceChunker(model: try ReleasedModel.model)
        var detector = PauseDetector(participant: "candidate")
        detector.setSound(.live, at: .zero)
        var voices: [[Double]] = []
        var pauses: [Double] = []
        for chunk in chunker.chunks(of: try Fixtures.speech(), at: .zero) {
            detector.receive(chunk)
            while let signal = detector.pollOutput() {
                switch signal {
                case .voiceBegan(_, let at): voices.append([Double(at.nanoseconds) / 1e9])
                case .voiceEnded(_, let at): voices[voices.count - 1].append(Double(at.nanoseconds) / 1e9)
                case .pause(_, let since): pauses.append(Double(since.nanoseconds) / 1e9)
                case .pauseEnded(_, _, let at, let cause):
                    #expect(cause == .voice)
                    pauses.append(Double(at.nanoseconds) / 1e9)
                default: Issue.record("unexpected \(signal)")
                }
            }
        }
        let labels = try Fixtures.reference().utterances
        #expect(voices.count == 2)
        for (voice, label) in zip(voices, labels) {
            #expect(abs(voice[0] - label[0]) < 0.1)
            #expect(abs(voice[1] - label[1]) < 0.15)
        }
        try #require(pauses.count == 2)
        #expect(abs(pauses[0] - labels[0][1]) < 0.15 && abs(pauses[1] - labels[1][0]) < 0.1)
    }
}
