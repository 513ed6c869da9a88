import Inference
import Perception
import PerceptionModels
import SansIO
import Testing
import VoiceEvaluation
import VoiceModelFixtures

/// Made-up hard cases from the labelled corpus, with and without the rules that are for them.
@Suite(.enabled(if: CorpusSetting.absence == nil, Comment(rawValue: CorpusSetting.absence ?? "")))
struct HardCasesTests {
    private static let sampleRate = 16_000.0
    private static let current = VoiceSegmenter.Configuration()
    /// Everything by the model's probability alone.
    private static var plain: VoiceSegmenter.Configuration {
        var plain = current
        plain.unsure.probability = 1
        plain.syllable = .zero
        return plain
    }

    /// Sound between two seconds of a track, 8 s before the first of them included.
    private struct Excerpt {
        var samples: [Double]
        /// The place in it of what matters.
        var range: Range<Int>

        init(_ samples: [Int16], _ span: LabelledTrack.Span, after: Double) {
            let start = Int(span.lowerBound * sampleRate)
            let end = Int(span.upperBound * sampleRate)
            let first = max(0, start - Int(8 * sampleRate))
            self.samples = samples[first..<min(samples.count, end + Int(after * sampleRate))].map(Double.init)
            range = (start - first)..<min(end - first, self.samples.count)
        }

        var power: Double { samples[range].reduce(0) { $0 + $1 * $1 } / Double(range.count) }

        mutating func replace(at start: Int, count: Int, _ sound: (Int, Double) -> Double) {
            for index in start..<min(samples.count, start + count) {
                samples[index] = sound(index - start, samples[index])
            }
        }

        func chunks(_ model: SileroModel) -> [VoiceChunk] {
            var chunker = VoiceChunker(model: model)
            return chunker.chunks(of: samples.map { Int16(clamping: Int($0.rounded())) }, at: .zero)
        }
    }

    /// Spans of voice, in samples.
    private static func voice(_ chunks: [VoiceChunk], _ configuration: VoiceSegmenter.Configuration) -> [Range<Int>] {
        var segmenter = VoiceSegmenter(configuration: configuration)
        var began: Int?
        var spans: [Range<Int>] = []
        func sample(_ instant: Instant) -> Int { Int(instant.nanoseconds / 62_500) }
        func take(_ transition: VoiceSegmenter.Transition?) {
            switch transition {
            case .began(let at): began = sample(at)
            case .ended(let at):
                if let start = began { spans.append(start..<max(start, sample(at))) }
                began = nil
            case nil: break
            }
        }
        for chunk in chunks { take(segmenter.receive(chunk)) }
        take(segmenter.interrupt())
        return spans
    }

    private static func turns(of track: LabelledTrack) -> [LabelledTrack.Span] {
        zip(track.pauses, track.pauses.dropFirst()).map { $0.upperBound...$1.lowerBound }
            .filter { (1.5...8).contains($0.upperBound - $0.lowerBound) }
    }

    private static func tracks(_ names: [String]) throws -> [(track: LabelledTrack, samples: [Int16])] {
        let corpus = try #require(CorpusSetting.corpus)
        return try corpus.tracks().filter { track in names.contains { track.file.contains($0) } }
            .map { ($0, try corpus.samples(of: $0)) }
    }

    @Test func turnsInNoiseAreHeardAndNoiseAloneIsNot() throws {
        let model = try ReleasedModel.model
        var random = SplitMix64(seed: 1)
        var (turns, before, after, noise) = (0, 0, 0, 0)
        for (track, samples) in try Self.tracks(["t1_", "t7_"]) {
            for (index, turn) in Self.turns(of: track).enumerated() {
                let clean = Excerpt(samples, turn, after: 0.5)
                let amplitude = (clean.power * 3).squareRoot()
                func white() -> Double { Double.random(in: -amplitude...amplitude, using: &random) }
                // The noise is 10 or 12 dB above the voice; together they are as loud as the voice was.
                let noiseGain = index % 2 == 0 ? 3.16 : 3.98
                let gain = 1 / (1 + noiseGain * noiseGain).squareRoot()
                var mixed = clean
                mixed.replace(at: clean.range.lowerBound, count: clean.range.count) { _, voice in
                    (voice + white() * noiseGain) * gain
                }
                func isHeard(_ chunks: [VoiceChunk], _ configuration: VoiceSegmenter.Configuration) -> Bool {
                    Self.voice(chunks, configuration).contains { $0.clamped(to: clean.range).count > 3_200 }
                }
                let chunks = mixed.chunks(model)
                turns += 1
                before += isHeard(chunks, Self.plain) ? 1 : 0
                after += isHeard(chunks, Self.current) ? 1 : 0
                guard index % 3 == 0 else { continue }
                var alone = clean
                alone.replace(at: clean.range.lowerBound, count: clean.range.count) { _, _ in white() }
                noise += isHeard(alone.chunks(model), Self.current) ? 1 : 0
            }
        }
        print("| turns in noise | by the model alone | heard | noise alone heard |\n|---|---|---|---|")
        print("| \(turns) | \(before) | \(after) | \(noise) |")
        #expect(turns >= 10 && noise == 0)
        #expect(after >= before + 2)
    }

    @Test func keysAfterWordsDoNotMoveTheirEnds() throws {
        let model = try ReleasedModel.model
        let strokes = try Self.strokes()
        var (words, before, after) = (0, 0, 0)
        for (track, samples) in try Self.tracks(["t1_", "t7_"]) {
            for pause in track.pauses {
                let clean = Excerpt(samples, max(0, pause.lowerBound - 1)...pause.lowerBound, after: 1)
                let chunks = clean.chunks(model)
                guard let word = Self.voice(chunks, Self.plain).last?.upperBound else { continue }
                words += 1
                let stroke = strokes[words * 7 % strokes.count]
                let power = stroke.reduce(0) { $0 + $1 * $1 } / Double(stroke.count)
                // As loud as the voice, and twice as loud.
                let gain = (clean.power / power).squareRoot() * Double(1 + words % 2)
                var struck = clean
                struck.replace(at: word + [960, 1_440, 1_920][words % 3], count: stroke.count) {
                    $1 + stroke[$0] * gain
                }
                let heard = struck.chunks(model)
                func isMoved(_ configuration: VoiceSegmenter.Configuration) -> Bool {
                    (Self.voice(heard, configuration).last?.upperBound ?? word) - word > 1_120
                }
                before += isMoved(Self.plain) ? 1 : 0
                after += isMoved(Self.current) ? 1 : 0
            }
        }
        print("| keys after words | moved the end by 70 ms before | moved it |\n|---|---|---|")
        print("| \(words) | \(before) | \(after) |")
        #expect(words >= 15 && before > 0 && after == 0)
    }

    /// 80 ms around the loudest sample of each third of a second in the pauses of the typing track.
    private static func strokes() throws -> [[Double]] {
        let (track, samples) = try #require(try tracks(["t4_"]).first)
        return track.pauses.flatMap { pause in
            stride(from: pause.lowerBound + 0.5, to: pause.upperBound - 0.8, by: 0.3).compactMap { second in
                let from = Int(second * sampleRate)
                let loudest = (from..<(from + 4_800)).max { samples[$0].magnitude < samples[$1].magnitude } ?? from
                let stroke = samples[(loudest - 240)..<(loudest + 1_040)].map(Double.init)
                return stroke.contains { abs($0) > 300 } ? stroke : nil
            }
        }
    }
}
