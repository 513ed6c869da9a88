import Foundation
import NIOCore
import RTCMedia
import SansIO
import Testing

@Suite struct RecordedAudioTests {
    @Test func recordedSpeechWithSilenceDecodesWithoutLossOrDelay() throws {
        let sources = try AudioCapture.read(AudioCapture.fixture)
        let packets = try #require(sources.values.first)
        #expect(sources.count == 1 && packets.count == 88)
        let (frames, statistics, errors) = try AudioCapture.play(packets)
        AudioDecoderPipelineTests.expectContinuous(frames)
        #expect(errors == 0 && statistics.malformed == 0 && statistics.lost == 0 && statistics.late == 0)
        #expect(statistics.longestAddedDelay == .zero)
        #expect(statistics.discontinuousGaps >= 5)
        let samples = frames.flatMap(\.samples)
        #expect(abs(Double(samples.count) / 16_000 - 4.1) < 0.2)
        #expect(SyntheticVoice.level(samples.prefix(16_000)) > 500)
        #expect(SyntheticVoice.level(samples.suffix(32_000)) < 30)
    }

    @Test func everyThirdRecordedPacketLostSoundsTheSame() throws {
        let packets = try #require(try AudioCapture.read(AudioCapture.fixture).values.first)
        let whole = try AudioCapture.play(packets).frames.flatMap(\.samples)
        let (frames, statistics, _) = try AudioCapture.play(packets) { $0 % 3 == 1 && $0 < 60 }
        #expect(statistics.recoveredByRedundancy == 20 && statistics.lost == 0)
        #expect(statistics.longestAddedDelay == .zero)
        // The same packets reach the decoder in the same order, so nothing may differ.
        #expect(Array(frames.flatMap(\.samples).prefix(16_000)) == Array(whole.prefix(16_000)))
    }

    /// What an independent parser read from the recordings: packets, and root mean square of the sound.
    static let sources: [(file: String, ssrc: UInt32, packets: Int, level: Double)] = [
        ("agent", 1_101_079_403, 17, 0), ("hidden", 2_134_183_901, 52, 0), ("hidden", 289_046_427, 12, 0),
        ("leave", 1_409_909_500, 71, 2255), ("leave", 2_564_532_225, 68, 2182), ("leave", 112_534_655, 71, 2242),
        ("leave", 3_226_586_167, 283, 2145), ("leave", 684_859_325, 60, 2444), ("muted", 882_921_863, 1140, 2113),
        ("muted", 1_743_129_516, 314, 2203), ("resume", 3_659_459_714, 294, 2126),
        ("v0-h264", 4_236_987_802, 278, 2179), ("v0-vp8", 1_471_156_441, 440, 2140),
        ("v0-vp9", 2_426_192_300, 282, 2182), ("v1-single-pc", 449_854_675, 288, 2161),
    ]

    @Test(
        "Every recorded audio source decodes as the independent parser says",
        .enabled(if: AudioCapture.hasFolder, "needs ../shared/captures"), arguments: 0..<15)
    func everyRecordedSourceDecodes(index: Int) throws {
        let (name, ssrc, count, level) = Self.sources[index]
        let file = AudioCapture.folder.appendingPathComponent("\(name).jsonl")
        let packets = try #require(try AudioCapture.read(file)[ssrc])
        #expect(packets.count == count)
        let (frames, statistics, errors) = try AudioCapture.play(packets)
        AudioDecoderPipelineTests.expectContinuous(frames)
        #expect(errors == 0 && statistics.malformed == 0 && statistics.restarts == 0, "\(name) \(ssrc)")
        #expect(statistics.longestAddedDelay == .zero, "\(name) \(ssrc)")
        let sounding = frames.filter { $0.kind == .decoded || $0.kind == .recovered }
        let seconds = sounding.reduce(0) { $0 + $1.duration.inSeconds }
        #expect(abs(seconds - Double(count) * 0.02) < 0.05, "\(name) \(ssrc): \(seconds)")
        let measured = SyntheticVoice.level(sounding.flatMap(\.samples))
        // The parser decoded at 48 kHz; above 8 kHz there is little of a voice.
        #expect(abs(measured - level) <= max(2, level * 0.1), "\(name) \(ssrc): \(measured), not \(level)")
    }
}
