import RenderedCandidate
import SansIO
import Testing

@Suite struct CameraScriptTests {
    @Test("labels say when a hand is in place and when it leaves, gestures apart from all else")
    func labels() {
        var raise = CameraScript.Step(.raiseHand, at: .milliseconds(1250), hold: .seconds(3))
        raise.approach = .milliseconds(400)
        let script = CameraScript(
            [CameraScript.Step(.drink, at: .seconds(6), hold: .seconds(1)), raise], duration: .seconds(10))
        #expect(
            script.labelsJSON
                == #"{"duration":10.000,"events":[{"start":1.650,"end":4.650,"event":"raised_hand"}],"#
                + #""distractors":[{"start":6.500,"end":7.500,"kind":"cup"}]}"#)
        #expect(script.steps.map(\.action) == [.raiseHand, .drink])
    }

    @Test("an everyday script has no gesture, is the same for its seed, and fits its time", arguments: UInt64(1)...5)
    func everyday(seed: UInt64) throws {
        let script = CameraScript.everyday(lasting: .seconds(600), seed: seed)
        #expect(script == .everyday(lasting: .seconds(600), seed: seed))
        #expect(script != .everyday(lasting: .seconds(600), seed: seed + 1))
        #expect(script.steps.count > 40)
        #expect(script.steps.allSatisfy { !$0.action.isGesture })
        #expect(Set(script.steps.map(\.action)).count == CameraScript.Action.allCases.count - 2)
        for (step, next) in zip(script.steps, script.steps.dropFirst()) { #expect(step.over < next.start) }
        #expect(try #require(script.steps.last).over < .seconds(600))
        let raised = CameraScript.everyday(lasting: .seconds(60), seed: seed, of: [.raiseHand])
        #expect(!raised.steps.isEmpty && raised.steps.allSatisfy(\.action.isGesture))
        #expect(CameraScript.everyday(lasting: .seconds(60), seed: seed, of: []).steps.isEmpty)
    }

    @Test("what begins and ends is told once, in order, however the time is cut")
    func progress() {
        let script = CameraScript(
            [
                CameraScript.Step(.raiseHand, at: .zero, hold: .seconds(2)),
                CameraScript.Step(.talk, at: .seconds(1), hold: .seconds(3)),
            ], duration: .seconds(6))
        var whole = CameraScript.Progress()
        let all = whole.advance(script, to: .seconds(6))
        #expect(all.map(\.time) == [.milliseconds(500), .milliseconds(1500), .milliseconds(2500), .milliseconds(4500)])
        #expect(all.map(\.isBeginning) == [true, true, false, false])
        var cut = CameraScript.Progress()
        let pieces = (0...60).flatMap { cut.advance(script, to: .milliseconds(100 * $0)) }
        #expect(pieces == all)
        #expect(cut.advance(script, to: .seconds(3)).isEmpty)
    }

    @Test("who goes on differently lowers what is up half a second later, and does what comes next instead of the rest")
    func goingOn() {
        var script = CameraScript(
            [
                CameraScript.Step(.chin, at: .zero, hold: .seconds(1)),
                CameraScript.Step(.raiseHand, at: .seconds(3), hold: .seconds(10)),
                CameraScript.Step(.drink, at: .seconds(20), hold: .seconds(1)),
            ], duration: .seconds(30))
        script.goOn(with: [CameraScript.Step(.palmToForehead, at: .seconds(2), hold: .seconds(3))], at: .seconds(5))
        #expect(script.steps.map(\.action) == [.chin, .raiseHand, .palmToForehead])
        #expect(script.steps.map(\.hold) == [.seconds(1), .seconds(2), .seconds(3)])
        #expect(script.steps.map(\.end) == [.milliseconds(1500), .milliseconds(5500), .milliseconds(10_500)])
        // What is still on its way gets to its place.
        script.goOn(with: [], at: .milliseconds(7200))
        #expect(script.steps.last?.end == .seconds(8))
    }

    @Test("a camera that follows another script shows what it says, and the person moves on as before")
    func following() throws {
        let raise = CameraScript([.init(.raiseHand, at: .seconds(1), hold: .seconds(2))], duration: .seconds(9))
        func luma(_ script: CameraScript, then next: CameraScript?, at time: Duration) throws -> [UInt8] {
            var camera = try RenderedCamera(script, seed: 3, width: 96, height: 54)
            if let next { camera.follow(next) }
            return try camera.picture(at: time).withPlanes { planes in
                (0..<54).flatMap { row in (0..<96).map { planes.y.samples[row * planes.y.stride + $0] } }
            }
        }
        let quiet = CameraScript([], duration: .seconds(9))
        #expect(try luma(quiet, then: raise, at: .seconds(2)) == luma(raise, then: nil, at: .seconds(2)))
        #expect(try luma(quiet, then: raise, at: .seconds(2)) != luma(quiet, then: nil, at: .seconds(2)))
    }
}
