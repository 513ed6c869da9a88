import Inference
import Perception
import PerceptionModels
import SansIO
import Testing
import VoiceModelFixtures

@Suite struct VoiceChunkerTests {
    private func chunker() throws -> VoiceChunker {
        VoiceChunker(model: try SileroModel(onnx: RandomModel(seed: 9).onnx, sha256: nil))
    }

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private let sound = (0..<4_000).map { Int16(truncatingIfNeeded: $0 &* 7_919) }

    @Test func theLengthOfFramesDoesNotMatter() throws {
        var whole = try chunker()
        let expected = whole.chunks(of: sound, at: at(100))
        #expect(expected.map(\.start) == (0..<7).map { at(100 + 32 * $0) })
        for length in [1, 160, 320, 513, 1_500] {
            var pieces = try chunker()
            var found: [VoiceChunk] = []
            for start in stride(from: 0, to: sound.count, by: length) {
                let piece = Array(sound[start..<min(start + length, sound.count)])
                found += pieces.chunks(of: piece, at: at(100) + .nanoseconds(start * 62_500))
            }
            #expect(found == expected, "frames of \(length)")
        }
    }

    @Test func aSmallShiftOfTimeIsJitterAndALargeOneIsAGap() throws {
        var chunker = try chunker()
        _ = chunker.chunks(of: Array(sound[..<320]), at: at(0))
        #expect(chunker.chunks(of: Array(sound[320..<640]), at: at(25)).map(\.start) == [at(0)])
        // 128 samples are held; a gap drops them, so 512 more are needed from the new start.
        #expect(chunker.chunks(of: Array(sound[..<511]), at: at(500)).isEmpty)
        #expect(chunker.chunks(of: Array(sound[511..<512]), at: at(532)).map(\.start) == [at(500)])
    }

    @Test func theLevelIsThePowerInDecibels() throws {
        var chunker = try chunker()
        let square = (0..<512).map { $0 % 2 == 0 ? Int16(3_277) : -3_277 }
        let loud = try #require(chunker.chunks(of: square, at: at(0)).first)
        #expect(abs(loud.level + 20) < 0.01)
        let silent = try #require(chunker.chunks(of: Array(repeating: 0, count: 512), at: at(32)).first)
        #expect(silent.level == VoiceChunk.quietest)
    }
}
