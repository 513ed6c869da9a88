import SansIO
import Testing

@testable import Perception

/// A participant's sound as chunks, in virtual time.
private struct Ear {
    var core = Ear.perception(hasSpoken: false, silentSince: nil)
    var now = Instant(nanoseconds: 100_000_000_000)
    var signals: [Signal] = []
    var sid = "TR_1"

    static func perception(hasSpoken: Bool, silentSince: Instant?) -> ParticipantPerception {
        ParticipantPerception(
            participant: "ada", configuration: PauseConfiguration(), hasSpoken: hasSpoken, silentSince: silentSince,
            listenedSince: Instant(nanoseconds: 100_000_000_000))
    }

    mutating func act(_ body: (inout ParticipantPerception, Instant) -> Void) {
        body(&core, now)
        drain()
    }

    mutating func publish(muted: Bool = false) {
        let microphone = Microphone(sid: sid, isMuted: muted)
        act { $0.setMicrophones([microphone], at: $1) }
    }

    /// Sound arrives, in chunks.
    mutating func hear(_ seconds: Double, voice: Bool) {
        for _ in 0..<Int(seconds / 0.032) {
            let chunk = VoiceChunk(start: now, probability: voice ? 0.95 : 0.01, level: voice ? -25 : -70)
            wait(0.032)
            let sid = sid
            act { perception, _ in perception.receive(.chunks([chunk]), of: sid) }
        }
    }

    /// Sound arrives of two microphones.
    mutating func hearBoth(_ seconds: Double, first: Bool, second: Bool) {
        for _ in 0..<Int(seconds / 0.032) {
            let start = now
            wait(0.032)
            for (sid, voice) in [("TR_1", first), ("TR_2", second)] {
                let chunk = VoiceChunk(start: start, probability: voice ? 0.95 : 0.01, level: voice ? -25 : -70)
                act { perception, _ in perception.receive(.chunks([chunk]), of: sid) }
            }
        }
    }

    /// Nothing arrives.
    mutating func wait(_ seconds: Double) { now = now + .nanoseconds(Int64(seconds * 1e9)) }

    /// What was said in the last `seconds` arrives at once, as after a decoder had no time.
    mutating func catchUp(_ seconds: Double, voice: Bool) {
        let end = now
        now = end - .nanoseconds(Int64(seconds * 1e9))
        hear(seconds, voice: voice)
        now = end
    }

    private mutating func drain() {
        while let signal = core.pollOutput() { signals.append(signal) }
    }

    var names: [String] {
        signals.map { signal in
            switch signal {
            case .voiceBegan: "voice"
            case .voiceEnded: "quiet"
            case .pause: "pause"
            case .pauseEnded(_, _, _, let cause): "over(\(cause.rawValue))"
            case .longPause: "long"
            case .gestureBegan, .gestureEnded, .lookMissing: "seen"
            }
        }
    }
}

@Suite struct ParticipantPerceptionTests {
    @Test func aSilenceThatAnEarlierProcessHeardIsALongPauseInTime() throws {
        var ear = Ear()
        let since = ear.now - .seconds(6)
        ear.core = Ear.perception(hasSpoken: true, silentSince: since)
        ear.publish()
        ear.wait(1)
        ear.hear(12, voice: false)
        let pause = try #require(
            ear.signals.lazy.compactMap { if case .longPause(let pause) = $0 { pause } else { nil } }.first)
        #expect(pause.since == since && pause.reasons.contains(.partlyUnheard))
        #expect(pause.at - since <= PauseConfiguration().initialLongPause)
        // Who speaks first ends it.
        ear = Ear()
        ear.core = Ear.perception(hasSpoken: true, silentSince: since)
        ear.publish()
        ear.hear(1, voice: true)
        ear.hear(2, voice: false)
        #expect(!ear.names.contains("long") && ear.names.contains("voice"), "\(ear.names)")
    }

    @Test func speechAndSilenceBecomeSignals() {
        var ear = Ear()
        ear.publish()
        ear.hear(2, voice: true)
        ear.hear(12, voice: false)
        #expect(ear.names == ["voice", "quiet", "pause", "long"])
        ear.hear(1, voice: true)
        #expect(ear.names.suffix(2) == ["over(voice)", "voice"])
    }

    @Test func whatIsNotHeardYetIsNotSilence() {
        var ear = Ear()
        ear.publish()
        #expect(ear.core.sound == .interrupted)
        ear.wait(30)
        #expect(ear.names.isEmpty)
        ear.hear(0.1, voice: false)
        #expect(ear.core.sound == .live)
    }

    @Test func soundThatWaitsForADecoderIsNoSilence() {
        var ear = Ear()
        ear.publish()
        ear.hear(2, voice: true)
        ear.wait(15)
        #expect(ear.names == ["voice"], "whoever speaks goes on speaking, though nobody has had time to listen")
        ear.catchUp(15, voice: true)
        #expect(ear.names == ["voice"])
        ear.hear(12, voice: false)
        #expect(ear.names == ["voice", "quiet", "pause", "long"])
    }

    @Test func aMutedMicrophoneIsNoSilence() {
        var ear = Ear()
        ear.publish()
        ear.hear(2, voice: true)
        ear.publish(muted: true)
        #expect(ear.core.sound == .muted)
        ear.wait(60)
        #expect(ear.names == ["voice", "quiet"], "the voice ended with the mute, and no pause follows")
        ear.publish()
        #expect(ear.core.sound == .interrupted, "unmuted, but nothing has come yet")
        ear.hear(4, voice: false)
        #expect(ear.names == ["voice", "quiet", "pause"])
    }

    @Test func soundThatComesAfterAMuteOrOfAnotherTrackIsLeftOut() {
        var ear = Ear()
        ear.publish(muted: true)
        ear.hear(2, voice: true)
        #expect(ear.names.isEmpty)
        ear.publish()
        ear.sid = "TR_old"
        ear.hear(2, voice: true)
        #expect(ear.names.isEmpty)
        #expect(ear.core.sound == .interrupted)
    }

    @Test func anAbsentTrackEndsThePause() {
        var ear = Ear()
        ear.publish()
        ear.hear(2, voice: true)
        ear.hear(4, voice: false)
        ear.act { $0.setMicrophones([], at: $1) }
        #expect(ear.names == ["voice", "quiet", "pause", "over(unheard)"])
    }

    @Test func aLostConnectionKeepsTheSilenceAndRaisesNothingMeanwhile() {
        var ear = Ear()
        ear.publish()
        ear.hear(2, voice: true)
        ear.hear(5, voice: false)
        ear.act { $0.setConnected(false, at: $1) }
        ear.wait(20)
        #expect(ear.names == ["voice", "quiet", "pause"])
        ear.act { $0.setConnected(true, at: $1) }
        #expect(ear.core.sound == .interrupted, "until something is heard")
        ear.hear(3, voice: false)
        #expect(ear.names == ["voice", "quiet", "pause", "long"])
        guard case .longPause(let pause)? = ear.signals.last else { return }
        #expect(pause.reasons.contains(.partlyUnheard))
    }

    @Test func soundThatStopsComingIsNotSilence() {
        var ear = Ear()
        ear.publish()
        ear.hear(2, voice: true)
        ear.hear(1, voice: false)
        ear.act { $0.receive(.absent(at: $1), of: "TR_1") }
        ear.wait(60)
        #expect(ear.names == ["voice", "quiet"])
        ear.hear(4, voice: false)
        #expect(ear.names.contains("pause"))
    }

    @Test func whatWasSaidBeforeTheyWereListenedToDoesNotCount() {
        var ear = Ear()
        ear.publish()
        let begin = ear.now
        ear.now = begin - .seconds(2)
        ear.hear(1.9, voice: true)
        #expect(ear.names.isEmpty && ear.core.sound == .interrupted)
        ear.now = begin
        ear.hear(1, voice: true)
        #expect(ear.names == ["voice"])
    }

    // MARK: Several microphones

    private func withTwo() -> Ear {
        var ear = Ear()
        ear.act {
            $0.setMicrophones(
                [Microphone(sid: "TR_1", isMuted: false), Microphone(sid: "TR_2", isMuted: false)], at: $1)
        }
        return ear
    }

    @Test func whoSpeaksOnAnyOfTheirMicrophonesSpeaks() {
        var ear = withTwo()
        ear.hearBoth(1, first: false, second: false)
        ear.hearBoth(1, first: false, second: true)
        #expect(ear.names == ["voice"])
        ear.hearBoth(1, first: true, second: true)
        ear.hearBoth(1, first: true, second: false)
        #expect(ear.names == ["voice"], "the voice goes over from one to the other without an end")
        ear.hearBoth(4, first: false, second: false)
        #expect(ear.names == ["voice", "quiet", "pause"])
        ear.hearBoth(1, first: false, second: true)
        #expect(ear.names.suffix(2) == ["over(voice)", "voice"])
    }

    @Test func aFurtherMicrophoneThatGoesAwayEndsWhatWasSaidThere() {
        var ear = withTwo()
        ear.hearBoth(1, first: false, second: true)
        ear.publish()
        #expect(ear.names == ["voice", "quiet"])
        ear.hear(4, voice: false)
        #expect(ear.names == ["voice", "quiet", "pause"])
    }

    @Test func soundThatStopsComingOfAFurtherMicrophoneEndsItsVoice() {
        var ear = withTwo()
        ear.hearBoth(1, first: false, second: true)
        ear.act { $0.receive(.absent(at: $1), of: "TR_2") }
        #expect(ear.names == ["voice", "quiet"])
        ear.act { $0.setConnected(false, at: $1) }
        #expect(ear.core.sound == .interrupted)
    }

    @Test func whereTheFirstIsMutedTheNextOneCounts() {
        var ear = Ear()
        ear.act {
            $0.setMicrophones(
                [Microphone(sid: "TR_1", isMuted: true), Microphone(sid: "TR_2", isMuted: false)], at: $1)
        }
        #expect(ear.core.sound == .interrupted)
        ear.sid = "TR_2"
        ear.hear(1, voice: true)
        ear.hear(12, voice: false)
        #expect(ear.names == ["voice", "quiet", "pause", "long"])
    }
}
