import Coach
import Perception
import SansIO
import Testing

@testable import Session

@Suite("A silence that goes on")
struct SilenceTests {
    /// The candidate's voice written down instead of heard, with the pauses that follow of it.
    private struct Scene {
        var stage: Stage
        private var detector: PauseDetector
        private var revision = 1

        init(_ settings: [String: String] = [:]) {
            stage = Stage(settings: settings)
            stage.joinBoth()
            stage.code(from: "ada", revision: revision, "a")
            detector = PauseDetector(participant: "ada", configuration: stage.core.configuration.perception.pause)
            detector.setCodeFeed(isPresent: true)
            detector.setSound(.live, at: stage.now)
        }

        mutating func speak(_ seconds: Double) { hear(0.95, seconds: seconds) }

        /// - Parameter untilAsks: ends early once the coach was asked so many times in all.
        mutating func beSilent(_ seconds: Double, untilAsks: Int = .max) {
            hear(0.02, seconds: seconds, untilAsks: untilAsks)
        }

        mutating func type(_ text: String) {
            revision += 1
            stage.code(from: "ada", revision: revision, text)
            detector.typed(at: stage.now)
        }

        private mutating func hear(_ probability: Float, seconds: Double, untilAsks: Int = .max) {
            for _ in 0..<Int((seconds / 0.032).rounded()) where stage.asks.count < untilAsks {
                let start = stage.now
                stage.pass(VoiceChunk.duration)
                detector.receive(VoiceChunk(start: start, probability: probability, level: -30))
                while let signal = detector.pollOutput() { stage.give(.signal(signal, participant: "ada")) }
            }
        }
    }

    @Test("a long pause that fell into the cooldown is not lost: the hint comes when the cooldown is over")
    func cooldown() throws {
        var scene = Scene(["policy.cooldown": "120s"])
        scene.speak(2)
        scene.beSilent(60, untilAsks: 1)
        scene.stage.answer("One.", after: .zero)
        var given = [scene.stage.now]
        scene.beSilent(1)
        scene.speak(0.5)
        for text in ["Two.", "Three."] {
            scene.beSilent(200, untilAsks: given.count + 1)
            try #require(scene.stage.asks.count == given.count + 1)
            scene.stage.answer(text, after: .zero)
            given.append(scene.stage.now)
        }
        for (earlier, later) in zip(given, given.dropFirst()) {
            #expect(later - earlier >= .seconds(120) && later - earlier <= .milliseconds(120_100))
        }
        #expect(scene.stage.hints().map(\.text) == ["One.", "Two.", "Three."])
        #expect(Set(scene.stage.dropped()) == ["superseded"] && scene.stage.dropped().count <= 8)
    }

    @Test("a long pause in the quiet start is not lost")
    func quietStart() {
        var scene = Scene(["policy.quiet_start": "60s"])
        let began = scene.stage.now
        scene.speak(2)
        scene.beSilent(120, untilAsks: 1)
        #expect(scene.stage.asks.count == 1)
        #expect(scene.stage.now - began >= .seconds(60) && scene.stage.now - began <= .milliseconds(60_100))
    }

    @Test(
        "who types in silence past the cap and is stuck then gets a hint, whatever is known of their pauses",
        arguments: [(ownPauses: 0, reason: "low_confidence"), (ownPauses: 9, reason: "passed")])
    func typingPastTheCap(ownPauses: Int, reason: String) throws {
        var scene = Scene()
        for _ in 0...ownPauses {
            scene.speak(1)
            scene.beSilent(2)
        }
        for second in 0..<45 {
            scene.type("a = \(second)")
            scene.beSilent(1)
        }
        #expect(scene.stage.dropped() == [reason])
        scene.beSilent(600, untilAsks: 1)
        let request = try #require(scene.stage.asks.first?.request)
        #expect(request.trigger[.reasons]?.contains("typingStopped") == true)
        #expect(scene.stage.dropped() == [reason])
    }

    @Test("who never spoke gets a hint once they have stopped typing for long, and nobody calls that silence")
    func neverSpoke() throws {
        var scene = Scene()
        for second in 0..<20 {
            scene.type("a = \(second)")
            scene.beSilent(1)
        }
        scene.beSilent(28)
        #expect(scene.stage.asks.isEmpty)
        scene.beSilent(60, untilAsks: 1)
        let request = try #require(scene.stage.asks.first?.request)
        #expect(request.trigger.kind == TriggerFacts.longPause && request.trigger.silentFor == nil)
        #expect(request.trigger[.reasons] == "neverSpoke, fewOwnPauses")
        let idle = try #require(request.trigger[.typingIdle].flatMap(Double.init))
        #expect((29.9...30.3).contains(idle))
    }
}
