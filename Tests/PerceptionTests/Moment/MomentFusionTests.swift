import Perception
import SansIO
import Testing

@Suite("Moments")
struct MomentFusionTests {
    private static let at = Instant.zero + .seconds(100)

    private static func gesture(_ kind: Gesture.Kind, confidence: Double = 0.9) -> Signal {
        .gestureBegan(
            Gesture(
                participant: "ann", kind: kind, since: at, at: at + .seconds(1), confidence: confidence,
                reasons: [.handModel]))
    }

    private static let pause = Signal.longPause(
        LongPause(
            participant: "ann", since: at, at: at + .seconds(10), threshold: .seconds(10), confidence: 0.5,
            reasons: [.noCodeFeed]))

    @Test("a raised hand is a request, unless it is too unsure")
    func raisedHand() {
        var fusion = MomentFusion()
        func take(_ signal: Signal) -> HelpMoment? { fusion.receive(signal) }
        let moment = take(Self.gesture(.raisedHand))
        #expect(moment?.isRequest == true && moment?.kind == .raisedHand && moment?.confidence == 0.9)
        #expect(take(Self.gesture(.raisedHand, confidence: 0.2)) == nil)
    }

    @Test("a palm alone is a moment of lower confidence, less while they speak, and none after a long pause")
    func palm() throws {
        var fusion = MomentFusion()
        func take(_ signal: Signal) -> HelpMoment? { fusion.receive(signal) }
        let alone = try #require(take(Self.gesture(.palmToForehead)))
        #expect(!alone.isRequest && abs(alone.confidence - 0.54) < 1e-9)
        _ = take(.voiceBegan(participant: "ann", at: Self.at))
        let speaking = try #require(take(Self.gesture(.palmToForehead)))
        #expect(speaking.confidence < 0.3 && speaking.reasons.contains(.speaking))
        _ = take(.voiceEnded(participant: "ann", at: Self.at))
        #expect(take(Self.pause)?.kind == .longPause)
        #expect(take(Self.gesture(.palmToForehead)) == nil)
        _ = take(.pauseEnded(participant: "ann", since: Self.at, at: Self.at, cause: .voice))
        #expect(take(Self.gesture(.palmToForehead)) != nil)
        fusion.configuration.palmAlone = 0
        #expect(take(Self.gesture(.palmToForehead)) == nil)
    }

    @Test("a run that failed a short time before makes a moment surer")
    func failedRun() throws {
        var fusion = MomentFusion()
        func take(_ signal: Signal) -> HelpMoment? { fusion.receive(signal) }
        fusion.ran(failed: 2, at: Self.at)
        let surer = try #require(take(Self.pause))
        #expect(abs(surer.confidence - 0.6) < 1e-9 && surer.reasons == [.pause(.noCodeFeed), .failedRun])
        fusion.ran(failed: 0, at: Self.at)
        #expect(take(Self.pause)?.confidence == 0.5)
        fusion.ran(failed: 1, at: Self.at - .seconds(200))
        #expect(take(Self.pause)?.confidence == 0.5)
    }
}
