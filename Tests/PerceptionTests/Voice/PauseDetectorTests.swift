import SansIO
import Testing

@testable import Perception

/// A participant whose voice is written down instead of heard, in virtual time.
struct ScriptedParticipant {
    var detector: PauseDetector
    var now = Instant.zero
    var signals: [Signal] = []

    init(_ configuration: PauseConfiguration = .init(), hasSpoken: Bool = false) {
        detector = PauseDetector(participant: "ann", configuration: configuration, hasSpoken: hasSpoken)
        detector.setSound(.live, at: now)
    }

    /// Chunks of voice or silence for about so many seconds.
    mutating func hear(_ probability: Float, seconds: Double, level: Float = -30) {
        for _ in 0..<Int((seconds / 0.032).rounded()) {
            detector.receive(VoiceChunk(start: now, probability: probability, level: level))
            now = now + VoiceChunk.duration
            collect()
        }
    }

    mutating func speak(_ seconds: Double) { hear(0.95, seconds: seconds) }
    mutating func beSilent(_ seconds: Double) { hear(0.02, seconds: seconds) }

    /// No chunk comes: the path is gone, or the decoder has no time.
    mutating func hearNothing(_ seconds: Double) { now = now + .milliseconds(Int(seconds * 1_000)) }

    mutating func collect() {
        while let signal = detector.pollOutput() { signals.append(signal) }
    }

    var longPauses: [LongPause] {
        signals.compactMap { if case .longPause(let pause) = $0 { pause } else { nil } }
    }

    var pauses: [Instant] {
        signals.compactMap { if case .pause(_, let since) = $0 { since } else { nil } }
    }
}

/// Within one chunk and the rounding of `ScriptedParticipant.hear`.
private func isAbout(_ instant: Instant?, _ seconds: Double) -> Bool {
    guard let instant else { return false }
    return abs(Double(instant.nanoseconds) / 1e9 - seconds) < 0.1
}

@Suite struct PauseDetectorTests {
    @Test func aPauseBeginsWhereTheVoiceEnded() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        let end = ann.now
        ann.beSilent(2.9)
        #expect(ann.pauses.isEmpty)
        ann.beSilent(0.2)
        #expect(ann.pauses == [end])
        ann.beSilent(2)
        let begin = ann.now
        ann.speak(1)
        #expect(
            ann.signals == [
                .voiceBegan(participant: "ann", at: .zero), .voiceEnded(participant: "ann", at: end),
                .pause(participant: "ann", since: end),
                .pauseEnded(participant: "ann", since: end, at: begin, cause: .voice),
                .voiceBegan(participant: "ann", at: begin),
            ])
    }

    @Test func loudSpeechOfWhichTheModelIsUnsurePartsTwoPauses() {
        var ann = ScriptedParticipant()
        ann.speak(4)
        let end = ann.now
        ann.hear(0.02, seconds: 2.6, level: -60)
        // It is known to be voice only when the pause would be 3 s old: nothing is raised and taken back.
        let begin = ann.now
        ann.hear(0.17, seconds: 2.5, level: -28)
        let second = ann.now
        ann.hear(0.02, seconds: 5, level: -60)
        #expect(
            ann.signals == [
                .voiceBegan(participant: "ann", at: .zero), .voiceEnded(participant: "ann", at: end),
                .voiceBegan(participant: "ann", at: begin), .voiceEnded(participant: "ann", at: second),
                .pause(participant: "ann", since: second),
            ])
    }

    @Test func whatIsUnsureForLongDoesNotHoldAPauseBack() {
        var ann = ScriptedParticipant()
        ann.speak(4)
        let end = ann.now
        ann.hear(0.02, seconds: 2.6, level: -60)
        // Half of what would make it voice, again and again.
        for _ in 0..<10 {
            ann.hear(0.2, seconds: 0.48, level: -28)
            ann.hear(0.02, seconds: 0.6, level: -60)
        }
        #expect(ann.pauses == [end])
    }

    @Test func whoHasNotSpokenDoesNotPause() {
        var ann = ScriptedParticipant()
        ann.beSilent(60)
        #expect(ann.signals.isEmpty)
        var known = ScriptedParticipant(hasSpoken: true)
        known.beSilent(12)
        #expect(known.pauses == [.zero] && known.longPauses.count == 1)
    }

    @Test func onlySilenceThatIsHeardIsAPause() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        let end = ann.now
        // 30 s in which a decoder was busy: what was said then comes later, with its own times.
        let late = ann.now + .seconds(30)
        while ann.now < late { ann.speak(1) }
        #expect(ann.signals == [.voiceBegan(participant: "ann", at: .zero)])
        let silent = ann.now
        ann.beSilent(3.1)
        #expect(ann.pauses == [silent] && silent > end)
    }

    @Test func aHoleInTheSoundEndsTheVoiceWhereItWasLastHeard() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        let end = ann.now
        ann.hearNothing(4)
        #expect(ann.signals.count == 1)
        ann.beSilent(0.1)
        #expect(ann.signals.dropFirst().first == .voiceEnded(participant: "ann", at: end))
        #expect(ann.pauses == [end])
    }

    @Test func aCoughDoesNotEndAPause() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        let end = ann.now
        ann.beSilent(2.8)
        ann.speak(0.19)
        ann.beSilent(3)
        #expect(ann.pauses == [end])
    }

    @Test func aVoiceThatHasJustBegunHoldsThePauseBack() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(2.9)
        ann.speak(1)
        #expect(ann.pauses.isEmpty)
    }

    @Test func aLongPauseIsRaisedOnceASilenceWhereThatIsConfigured() throws {
        var configuration = PauseConfiguration()
        configuration.repeatAfter = nil
        var ann = ScriptedParticipant(configuration)
        ann.speak(2)
        ann.beSilent(120)
        let pause = try #require(ann.longPauses.first)
        #expect(ann.longPauses.count == 1)
        #expect(isAbout(pause.since, 2) && isAbout(pause.at, 12))
        #expect(pause.threshold == .seconds(10))
        #expect(pause.reasons == [.noCodeFeed, .fewOwnPauses])
        ann.speak(1)
        ann.beSilent(30)
        #expect(ann.longPauses.count == 2)
    }

    @Test func aSilenceThatGoesOnIsALongPauseAgain() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(75)
        #expect(ann.longPauses.count == 3)
        #expect(isAbout(ann.longPauses.last?.at, 72))
        #expect(ann.longPauses.map { $0.reasons.contains(.repeated) } == [false, true, true])
    }

    @Test func anotherVoiceHoldsTheLongPauseAndItsTurnStartsTheSilenceAnew() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(5)
        ann.detector.setOtherVoice("bob", isActive: true, at: ann.now)
        ann.beSilent(40)
        #expect(ann.pauses.count == 1 && ann.longPauses.isEmpty)
        ann.detector.setOtherVoice("bob", isActive: false, at: ann.now)
        ann.beSilent(9.8)
        #expect(ann.longPauses.isEmpty)
        ann.beSilent(0.4)
        #expect(isAbout(ann.longPauses.first?.since, 47))
        #expect(ann.longPauses.first?.reasons.contains(.afterAnotherVoice) == true)
    }

    @Test func aShortWordOfAnotherOnlyStopsTheClock() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(5)
        ann.detector.setOtherVoice("bob", isActive: true, at: ann.now)
        ann.beSilent(0.8)
        ann.detector.setOtherVoice("bob", isActive: false, at: ann.now)
        ann.beSilent(10)
        #expect(isAbout(ann.longPauses.first?.at, 12.8))
    }

    @Test func twoOthersAreOneTurn() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.detector.setOtherVoice("bob", isActive: true, at: ann.now)
        ann.beSilent(1)
        ann.detector.setOtherVoice("cid", isActive: true, at: ann.now)
        ann.detector.setOtherVoice("bob", isActive: false, at: ann.now)
        ann.beSilent(30)
        #expect(ann.longPauses.isEmpty)
        ann.detector.setOtherVoice("cid", isActive: false, at: ann.now)
        ann.beSilent(11)
        #expect(isAbout(ann.longPauses.first?.since, 33))
    }

    @Test func mutedIsUnknownAndNotSilent() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(4)
        ann.detector.setSound(.muted, at: ann.now)
        ann.collect()
        #expect(ann.signals.last == .pauseEnded(participant: "ann", since: ann.pauses[0], at: ann.now, cause: .unheard))
        ann.beSilent(60)
        ann.hearNothing(60)
        #expect(ann.longPauses.isEmpty)
        ann.detector.setSound(.live, at: ann.now)
        let unmuted = ann.now
        ann.beSilent(9.9)
        #expect(ann.pauses.last == unmuted && ann.longPauses.isEmpty)
        ann.beSilent(0.3)
        #expect(ann.longPauses.map(\.since) == [unmuted])
    }

    @Test func mutingInTheMiddleOfAWordEndsTheVoice() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.detector.setSound(.absent, at: ann.now)
        ann.collect()
        #expect(ann.signals.last == .voiceEnded(participant: "ann", at: ann.now))
    }

    @Test func anInterruptionHoldsTheSilenceButRaisesNothing() throws {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(6)
        ann.detector.setSound(.interrupted, at: ann.now)
        ann.hearNothing(10)
        #expect(ann.longPauses.isEmpty)
        ann.detector.setSound(.live, at: ann.now)
        ann.beSilent(0.9)
        #expect(ann.longPauses.isEmpty)
        ann.beSilent(0.3)
        let pause = try #require(ann.longPauses.first)
        #expect(isAbout(pause.since, 2) && isAbout(pause.at, 19))
        #expect(pause.reasons.contains(.partlyUnheard))
        // 10 s of 17 s were not heard.
        #expect(abs(pause.confidence - 0.55 * 0.9 * (1 - 0.35 * 10 / 17)) < 0.01)
    }

    @Test func aVoiceThatWasInterruptedLeavesNoSilence() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.detector.setSound(.interrupted, at: ann.now)
        ann.hearNothing(20)
        ann.detector.setSound(.live, at: ann.now)
        let back = ann.now
        ann.beSilent(5)
        #expect(ann.pauses == [back])
    }

    @Test func typingPutsALongPauseOffWithinTheCap() throws {
        var ann = ScriptedParticipant()
        ann.speak(2)
        for _ in 0..<7 {
            ann.beSilent(1)
            ann.detector.typed(at: ann.now)
        }
        ann.beSilent(12)
        // Typing stopped at 9 s: 4 s later is 13 s, after the threshold at 12 s.
        #expect(isAbout(ann.longPauses.first?.at, 13))
        #expect(ann.longPauses.first?.reasons.first == .typingStopped)

        var busy = ScriptedParticipant()
        busy.speak(2)
        for _ in 0..<40 {
            busy.beSilent(1)
            busy.detector.typed(at: busy.now)
        }
        let capped = try #require(busy.longPauses.first)
        #expect(busy.longPauses.count == 1)
        #expect(isAbout(capped.at, 22))
        #expect(capped.reasons.first == .typedUntilCap)
        #expect(capped.confidence < 0.3)
    }

    @Test func typingPastTheCapDoesNotUseTheSilenceUp() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        for _ in 0..<60 {
            ann.beSilent(1)
            ann.detector.typed(at: ann.now)
        }
        let stopped = ann.now
        ann.beSilent(33)
        #expect(ann.longPauses.map(\.reasons.first) == [.typedUntilCap, .typingStopped])
        #expect(ann.longPauses.last?.at == stopped + .seconds(4))
        #expect((ann.longPauses.last?.confidence ?? 0) > 0.6)
        // From there on it is repeated like any other.
        ann.beSilent(2)
        #expect(ann.longPauses.count == 3)
    }

    @Test func typingByFitsAndStartsIsNoStormOfLongPauses() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        for second in 0..<600 {
            ann.beSilent(1)
            if second % 30 < 24 { ann.detector.typed(at: ann.now) }
        }
        // At the first cap, and then once a stop at the most, of which there are twenty.
        #expect((2...21).contains(ann.longPauses.count), "\(ann.longPauses.count)")
    }

    @Test func aSettingThatMakesSeveralDueRaisesOne() {
        var configuration = PauseConfiguration()
        configuration.repeatAfter = nil
        var ann = ScriptedParticipant(configuration)
        ann.speak(2)
        ann.beSilent(300)
        ann.detector.configuration.repeatAfter = .seconds(30)
        ann.beSilent(29)
        #expect(ann.longPauses.count == 2)
    }

    @Test func anIdleEditorMakesMoreOfASilenceThanNoEditor() {
        func confidence(hasCodeFeed: Bool) -> Double {
            var ann = ScriptedParticipant()
            ann.detector.setCodeFeed(isPresent: hasCodeFeed)
            ann.speak(2)
            ann.beSilent(15)
            return ann.longPauses.first?.confidence ?? -1
        }
        #expect(confidence(hasCodeFeed: true) > confidence(hasCodeFeed: false))
        #expect(confidence(hasCodeFeed: false) > 0.4)
    }

    @Test func whoPausesLongIsGivenLonger() {
        func threshold(ownPause: Double) -> Duration {
            var ann = ScriptedParticipant()
            for _ in 0..<30 {
                ann.speak(1)
                ann.beSilent(ownPause)
            }
            return ann.detector.longPauseThreshold
        }
        #expect(threshold(ownPause: 0.5) == .seconds(10))
        #expect(threshold(ownPause: 2) == .seconds(8))
        let slow = threshold(ownPause: 13)
        #expect(slow > .seconds(14) && slow < .seconds(17))
        #expect(threshold(ownPause: 40) == .seconds(20))
    }

    @Test func pausesInWhichOthersSpokeAreNotOnesOwn() {
        var ann = ScriptedParticipant()
        for _ in 0..<20 {
            ann.speak(1)
            ann.detector.setOtherVoice("bob", isActive: true, at: ann.now)
            ann.beSilent(3)
            ann.detector.setOtherVoice("bob", isActive: false, at: ann.now)
            ann.beSilent(18)
        }
        #expect(ann.detector.longPauseThreshold == .seconds(10))
    }

    @Test func listeningWithAWordInBetweenIsNoPauseOfOnesOwn() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        for _ in 0..<20 {
            ann.detector.setOtherVoice("bob", isActive: true, at: ann.now)
            ann.beSilent(30)
            ann.speak(0.5)
        }
        #expect(ann.detector.longPauseThreshold == .seconds(10))
    }

    @Test func aSilenceWhoseBeginWasNotHeardIsNotLearntFrom() {
        var ann = ScriptedParticipant()
        for _ in 0..<20 {
            ann.speak(1)
            ann.detector.setSound(.muted, at: ann.now)
            ann.hearNothing(5)
            ann.detector.setSound(.live, at: ann.now)
            ann.beSilent(13)
        }
        #expect(ann.detector.longPauseThreshold == .seconds(10))
    }

    @Test func aChangedSettingHoldsFromThenOn() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(6)
        ann.detector.configuration.shortestLongPause = .seconds(4)
        ann.detector.configuration.initialLongPause = .seconds(5)
        ann.beSilent(0.1)
        #expect(ann.longPauses.count == 1)
    }

    @Test func chunksThatComeTwiceOrLateAreLeftOut() {
        var ann = ScriptedParticipant()
        ann.speak(2)
        ann.beSilent(5)
        let before = ann.signals
        for index in 0..<20 {
            ann.detector.receive(
                VoiceChunk(start: .zero + .milliseconds(2_500 + 32 * index), probability: 1, level: -20))
        }
        ann.collect()
        #expect(ann.signals == before && ann.pauses.count == 1)
    }

    @Test("any order of facts keeps the signals in pairs", arguments: 0..<10 as Range<UInt64>)
    func anyOrderOfFactsKeepsPairs(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ann = ScriptedParticipant()
        for _ in 0..<150 {
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1: ann.speak(Double.random(in: 0...2, using: &random))
            case 2, 3: ann.beSilent(Double.random(in: 0...14, using: &random))
            case 4: ann.hearNothing(Double.random(in: 0...14, using: &random))
            case 5: ann.detector.typed(at: ann.now)
            case 6:
                let sounds: [PauseDetector.Sound] = [.live, .live, .live, .live, .muted, .absent, .interrupted]
                ann.detector.setSound(sounds.randomElement(using: &random) ?? .live, at: ann.now)
            default:
                let other: Identity = Bool.random(using: &random) ? "bob" : "cid"
                let isActive = Int.random(in: 0..<4, using: &random) == 0
                ann.detector.setOtherVoice(other, isActive: isActive, at: ann.now)
            }
            ann.collect()
        }
        var isVoiced = false
        var hasSpoken = false
        var pauseSince: Instant?
        for signal in ann.signals {
            switch signal {
            case .voiceBegan:
                #expect(!isVoiced && pauseSince == nil, "seed \(seed)")
                isVoiced = true
                hasSpoken = true
            case .voiceEnded:
                #expect(isVoiced, "seed \(seed)")
                isVoiced = false
            case .pause(_, let since):
                #expect(!isVoiced && pauseSince == nil, "seed \(seed)")
                pauseSince = since
            case .pauseEnded(_, let since, _, _):
                #expect(pauseSince == since, "seed \(seed)")
                pauseSince = nil
            case .longPause(let pause):
                let isUnspoken = pause.reasons.contains(.neverSpoke)
                #expect(isUnspoken ? !hasSpoken : pauseSince != nil, "seed \(seed)")
                #expect(pause.at - pause.since >= .seconds(8), "seed \(seed)")
                #expect((0...1).contains(pause.confidence), "seed \(seed)")
            case .gestureBegan, .gestureEnded, .lookMissing: Issue.record("\(signal), seed \(seed)")
            }
        }
        #expect(!ann.pauses.isEmpty, "seed \(seed)")
    }
}
