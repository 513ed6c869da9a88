import SansIO
import Testing

@testable import Perception

/// Long pauses of someone whom nobody has heard to speak.
@Suite struct UnspokenPauseTests {
    /// Types a key a second for ten seconds.
    private func typist(_ configuration: PauseConfiguration = .init()) -> ScriptedParticipant {
        var ann = ScriptedParticipant(configuration)
        for _ in 0..<10 {
            ann.beSilent(1)
            ann.detector.typed(at: ann.now)
        }
        return ann
    }

    @Test func whoNeverSpokeAndStoppedTypingIsStuck() throws {
        var ann = typist()
        let stopped = ann.now
        ann.beSilent(29.9)
        #expect(ann.signals.isEmpty)
        ann.beSilent(0.2)
        let pause = try #require(ann.longPauses.first)
        #expect(ann.signals == [.longPause(pause)], "no pause: they never spoke")
        #expect(pause.since == stopped && pause.at == stopped + .seconds(30) && pause.threshold == .seconds(30))
        #expect(pause.reasons == [.neverSpoke, .fewOwnPauses])
        #expect(abs(pause.confidence - 0.45 * 0.9) < 1e-9)
    }

    @Test func withoutTypingOrACodeFeedThereIsNone() {
        var idle = ScriptedParticipant()
        idle.detector.setCodeFeed(isPresent: true)
        idle.beSilent(120)
        #expect(idle.signals.isEmpty)
        var optedOut = typist()
        optedOut.detector.setCodeFeed(isPresent: false)
        optedOut.beSilent(120)
        #expect(optedOut.signals.isEmpty)
    }

    @Test func aMuteEndsItAsItEndsAnyPause() throws {
        var ann = typist()
        ann.beSilent(31)
        let pause = try #require(ann.longPauses.first)
        ann.detector.setSound(.muted, at: ann.now)
        ann.collect()
        guard case .pauseEnded("ann", let since, ann.now, .unheard)? = ann.signals.last else {
            Issue.record("\(ann.signals)")
            return
        }
        #expect(since <= pause.since)
    }

    @Test func itsOwnSettingCountsAndMayForbidIt() {
        var configuration = PauseConfiguration()
        configuration.unspoken = .seconds(12)
        var ann = typist(configuration)
        ann.beSilent(12.1)
        #expect(ann.longPauses.count == 1)
        configuration.unspoken = nil
        var never = typist(configuration)
        never.beSilent(120)
        #expect(never.signals.isEmpty)
    }

    @Test func anothersTurnHoldsItAndBeginsItAnew() throws {
        var ann = typist()
        ann.beSilent(20)
        ann.detector.setOtherVoice("ivo", isActive: true, at: ann.now)
        ann.beSilent(40)
        #expect(ann.signals.isEmpty)
        ann.detector.setOtherVoice("ivo", isActive: false, at: ann.now)
        let ended = ann.now
        ann.beSilent(29.9)
        #expect(ann.signals.isEmpty)
        ann.beSilent(0.2)
        let pause = try #require(ann.longPauses.first)
        #expect(pause.since == ended && pause.reasons == [.neverSpoke, .fewOwnPauses, .afterAnotherVoice])
    }

    @Test func whatIsMutedIsNotSilence() {
        var ann = typist()
        ann.detector.setSound(.muted, at: ann.now)
        ann.beSilent(120)
        #expect(ann.signals.isEmpty)
        ann.detector.setSound(.live, at: ann.now)
        ann.beSilent(29.9)
        #expect(ann.signals.isEmpty, "nobody knows what was said before")
        ann.beSilent(0.2)
        #expect(ann.longPauses.count == 1)
    }

    @Test func anInterruptionLowersTheConfidence() throws {
        var ann = typist()
        ann.beSilent(10)
        ann.detector.setSound(.interrupted, at: ann.now)
        ann.hearNothing(30)
        #expect(ann.signals.isEmpty)
        ann.detector.setSound(.live, at: ann.now)
        ann.beSilent(1.2)
        let pause = try #require(ann.longPauses.first)
        #expect(pause.reasons == [.neverSpoke, .fewOwnPauses, .partlyUnheard] && pause.confidence < 0.45 * 0.9)
    }

    @Test func itIsRepeatedByTimeAndByNewTyping() {
        var ann = typist()
        let stopped = ann.now
        ann.beSilent(61)
        #expect(ann.longPauses.map(\.at).first == stopped + .seconds(30) && ann.longPauses.count == 2)
        #expect(ann.longPauses.last?.reasons.contains(.repeated) == true)
        ann.detector.typed(at: ann.now)
        let typed = ann.now
        ann.beSilent(31)
        #expect(ann.longPauses.count == 3 && ann.longPauses.last?.at == typed + .seconds(30))

        var configuration = PauseConfiguration()
        configuration.repeatAfter = nil
        var once = typist(configuration)
        once.beSilent(300)
        #expect(once.longPauses.count == 1)
        once.detector.typed(at: once.now)
        once.beSilent(31)
        #expect(once.longPauses.count == 2, "another stop is another moment")
    }

    @Test func whoSpeaksIsFromThenOnLikeAnybody() {
        var ann = typist()
        ann.beSilent(20)
        ann.speak(1)
        ann.beSilent(11)
        #expect(ann.pauses.count == 1 && ann.longPauses.map(\.reasons.first) == [.editorIdle])
    }
}
