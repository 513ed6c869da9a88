import Inference
import Perception
import RTCMedia
import SansIO
import Synchronization
import Testing
import VoiceModelFixtures

@testable import AgentRuntime

@Suite struct VoiceTapTests {
    /// 20 ms of noise, or none, that arrived 5 ms after its last sample.
    private static func frame(_ number: Int, _ kind: AudioFrame.Kind = .decoded, ssrc: UInt32 = 7) -> AudioFrame {
        var random = SplitMix64(seed: UInt64(number))
        let end = Instant(nanoseconds: Int64(number + 1) * 20_000_000)
        let samples = kind == .absent ? [] : (0..<320).map { _ in Int16.random(in: -9_000...9_000, using: &random) }
        return AudioFrame(
            samples: samples, start: MediaTime(nanoseconds: Int64(number) * 20_000_000), duration: .milliseconds(20),
            kind: kind, ssrc: ssrc, rtpTimestamp: Int64(number) * 960, arrival: end + .milliseconds(5))
    }

    private func pieces(of batches: [[AudioFrame]], _ model: SileroModel) -> [[SoundPiece]] {
        let taken = Mutex<[[SoundPiece]]>([])
        let tap = VoiceTap(model: model) { pieces in taken.withLock { $0.append(pieces) } }
        for batch in batches { tap.receive(batch) }
        return taken.withLock { $0 }
    }

    /// What is heard, whatever it came in: chunks, and nil for an absence.
    private func heard(_ pieces: [[SoundPiece]]) -> [VoiceChunk?] {
        pieces.flatMap { $0 }.flatMap { piece -> [VoiceChunk?] in
            switch piece {
            case .chunks(let chunks): chunks
            case .absent: [nil]
            }
        }
    }

    @Test("frames that come together are heard as those that come one by one, in one piece")
    func together() throws {
        let model = try SileroModel(onnx: RandomModel(seed: 21).onnx, sha256: nil)
        let sound = (0..<24).map { Self.frame($0) }
        let absence = [Self.frame(24, .absent), Self.frame(25, .absent)]
        let other = (26..<40).map { Self.frame($0, ssrc: 8) }
        let frames = sound + absence + other
        let single = pieces(of: frames.map { [$0] }, model)
        let expected = heard(single)
        // 480 ms are fifteen chunks; 280 ms of another source are eight.
        #expect(expected.count == 15 + 1 + 8 && expected[15] == nil)
        #expect(single.allSatisfy { $0.count == 1 })
        for length in [2, 5, 8, 40] {
            let batches = stride(from: 0, to: frames.count, by: length).map {
                Array(frames[$0..<min($0 + length, frames.count)])
            }
            #expect(heard(pieces(of: batches, model)) == expected, "\(length) at a time")
        }
        let whole = pieces(of: [frames], model)
        #expect(whole.map(\.count) == [3])
    }

    @Test("another source that begins in the midst of a chunk is heard as if alone, and changes nothing said before it")
    func anotherSource() throws {
        let model = try SileroModel(onnx: RandomModel(seed: 22).onnx, sha256: nil)
        // 340 ms are ten chunks and a part of one.
        let before = (0..<17).map { Self.frame($0) }
        let after = (17..<33).map { Self.frame($0, ssrc: 8) }
        let together = heard(pieces(of: [before + after], model))
        #expect(together.count == 20)
        #expect(Array(together.prefix(10)) == heard(pieces(of: [before], model)))
        #expect(Array(together.suffix(10)) == heard(pieces(of: [after], model)))
    }

    @Test("what was whole before a gap is heard, though both came together")
    func gap() throws {
        let model = try SileroModel(onnx: RandomModel(seed: 23).onnx, sha256: nil)
        // 200 ms are six chunks and a part of one.
        let frames = ((0..<10).map { $0 } + (15..<25).map { $0 }).map { Self.frame($0) }
        let together = heard(pieces(of: [frames], model))
        #expect(together == heard(pieces(of: frames.map { [$0] }, model)))
        #expect(together.count == 12)
        let starts = together.compactMap { $0?.start }
        #expect(starts[6] - starts[0] == .milliseconds(300))
    }
}
