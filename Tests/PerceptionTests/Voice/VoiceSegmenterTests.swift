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
