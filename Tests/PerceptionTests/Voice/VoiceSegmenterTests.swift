import SansIO
import Testing

@testable import Perception

@Suite struct VoiceSegmenterTests {
    private func at(_ chunk: Int) -> Instant { .zero + VoiceChunk.duration * chunk }

    private func run(
        _ segmenter: inout VoiceSegmenter, _ probabilities: [Float], level: Float = -30, from first: Int = 0
    ) -> [VoiceSegmenter.Transition] {
        probabilities.enumerated().compactMap { index, probability in
            segmenter.receive(VoiceChunk(start: at(first + index), probability: probability, level: level))
        }
    }

    private func burst(_ count: Int, _ probability: Float = 0.9) -> [Float] {
        Array(repeating: probability, count: count)
    }

    @Test func voiceIsBoundedByWhereItWasHeard() {
        var segmenter = VoiceSegmenter()
        let found = run(&segmenter, burst(5, 0) + burst(20) + burst(10, 0))
        #expect(found == [.began(at: at(5)), .ended(at: at(25))])
    }

    @Test func aBurstShorterThanTheMinimumIsNotVoice() {
        var segmenter = VoiceSegmenter()
        // 7 chunks are 224 ms, 8 are 256 ms.
        #expect(run(&segmenter, burst(7) + burst(10, 0)) == [])
        #expect(run(&segmenter, burst(8), from: 20) == [.began(at: at(20))])
    }

    @Test func betweenTheThresholdsVoiceGoesOnButDoesNotBegin() {
        var segmenter = VoiceSegmenter()
        #expect(run(&segmenter, burst(30, 0.5)) == [])
        #expect(run(&segmenter, burst(8) + burst(30, 0.5), from: 30) == [.began(at: at(30))])
        #expect(run(&segmenter, burst(7, 0.4), from: 68) == [.ended(at: at(68))])
    }

    @Test func aShortGapDoesNotEndVoice() {
        var segmenter = VoiceSegmenter()
        #expect(run(&segmenter, burst(10) + burst(6, 0) + burst(10)) == [.began(at: at(0))])
        #expect(run(&segmenter, burst(7, 0), from: 26) == [.ended(at: at(26))])
    }

    @Test(arguments: 2...4)
    func aKeyStrokeJustAfterAWordDoesNotMoveItsEnd(gap: Int) {
        var segmenter = VoiceSegmenter()
        let found = run(&segmenter, burst(30) + burst(gap, 0.1) + [0.61] + burst(10, 0.02))
        #expect(found == [.began(at: at(0)), .ended(at: at(30))])
    }

    @Test func aSyllableAfterAGapIsVoice() {
        var segmenter = VoiceSegmenter()
        // 3 chunks are 96 ms, what loss may leave of a word's end; together with what flickers before.
        let found = run(&segmenter, burst(30) + burst(4, 0) + burst(2) + [0.3] + burst(1) + burst(10, 0))
        #expect(found == [.began(at: at(0)), .ended(at: at(38))])
    }

    @Test func aStrokeThatVoiceFollowsBridgesTheGap() {
        var segmenter = VoiceSegmenter()
        let found = run(&segmenter, burst(30) + burst(4, 0) + burst(1) + burst(5, 0) + burst(20) + burst(10, 0))
        #expect(found == [.began(at: at(0)), .ended(at: at(60))])
    }

    /// Speech at the usual level, then silence in a quiet room.
    private func heard() -> VoiceSegmenter {
        var segmenter = VoiceSegmenter()
        _ = run(&segmenter, burst(100), level: -30)
        _ = run(&segmenter, burst(100, 0), level: -60, from: 100)
        return segmenter
    }

    @Test func loudSpeechOfWhichTheModelIsUnsureIsHeard() {
        var segmenter = heard()
        let noisy = (0..<78).map { [0.1, 0.25, 0.17, 0.06, 0.12][$0 % 5] as Float }
        #expect(run(&segmenter, noisy, level: -27, from: 200) == [.began(at: at(200))])
        #expect(run(&segmenter, burst(10, 0), level: -60, from: 278) == [.ended(at: at(278))])
    }

    @Test(
        arguments: [
            ("quieter than the participant speaks", -42, 0.2, 78), ("for half a second", -27, 0.2, 16),
            ("a fan", -27, 0.03, 300), ("hardly probable", -27, 0.085, 78),
        ] as [(String, Float, Float, Int)])
    func whatIsUnsureIsNoVoice(name: String, level: Float, probability: Float, count: Int) {
        var segmenter = heard()
        #expect(run(&segmenter, burst(count, probability), level: level, from: 200) == [], "\(name)")
    }

    @Test func noiseThatLastsIsTheRoom() {
        var segmenter = VoiceSegmenter()
        _ = run(&segmenter, burst(100, 0.2), level: -30)
        #expect(run(&segmenter, burst(300, 0.2), level: -29, from: 100) == [])
    }

    @Test func whileAnotherSpeaksNothingIsUnsure() {
        var segmenter = heard()
        segmenter.isOtherVoiceActive = true
        #expect(run(&segmenter, burst(78, 0.2), level: -27, from: 200) == [])
    }

    @Test func keysAreNoVoiceHoweverLoud() {
        var segmenter = heard()
        // Eight strokes a second, a chunk each.
        let keys = (0..<300).map { $0 % 4 == 0 ? 0.5 : 0.02 as Float }
        #expect(run(&segmenter, keys, level: -24, from: 200) == [])
    }

    @Test func aFaintVoiceIsAnothersWhileAnotherSpeaks() {
        var segmenter = VoiceSegmenter()
        segmenter.isOtherVoiceActive = true
        #expect(run(&segmenter, burst(20), level: -45) == [])
        #expect(run(&segmenter, burst(8), level: -35, from: 20) == [.began(at: at(20))])
        var alone = VoiceSegmenter()
        #expect(run(&alone, burst(8), level: -45) == [.began(at: at(0))])
    }

    @Test func theUsualLevelIsLearnt() {
        var segmenter = VoiceSegmenter()
        _ = run(&segmenter, burst(200) + burst(10, 0), level: -50)
        segmenter.isOtherVoiceActive = true
        #expect(run(&segmenter, burst(8), level: -55, from: 210) == [.began(at: at(210))])
    }

    @Test func silenceByTimeEndsWhatHasExpired() {
        var segmenter = VoiceSegmenter()
        _ = run(&segmenter, burst(10))
        #expect(segmenter.quiet(until: at(10) + .milliseconds(199)) == nil)
        #expect(segmenter.quiet(until: at(10) + .milliseconds(200)) == .ended(at: at(10)))
        #expect(segmenter.expiry == nil)
    }
}
