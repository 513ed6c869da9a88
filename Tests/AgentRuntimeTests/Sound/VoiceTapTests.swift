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

    @Test("another source that begins in the midst of frames does not change what was said before it")
    func anotherSource() throws {
        let model = try SileroModel(onnx: RandomModel(seed: 22).onnx, sha256: nil)
        let before = (0..<16).map { Self.frame($0) }
        let after = (16..<32).map { Self.frame($0, ssrc: 8) }
        let together = heard(pieces(of: [before + after], model))
        #expect(together == heard(pieces(of: [before, after], model)))
        #expect(together.count == 20)
        #expect(Array(together.prefix(10)) == heard(pieces(of: [before], model)))
    }
}
