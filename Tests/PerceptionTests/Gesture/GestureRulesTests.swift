import Foundation
import Perception
import SansIO
import Testing

@Suite("What a hand's scores say")
struct GestureRulesTests {
    private let rules = GestureConfiguration()

    @Test("a raised hand, a palm on the forehead, a hand on the cheek and one in the lap are told apart")
    func kinds() {
        #expect(rules.verdict(on: HandSamples.raised) == .raisedHand)
        #expect(rules.verdict(on: HandSamples.palm) == .palmToForehead(isWeak: false))
        #expect(rules.verdict(on: HandSamples.cheek) == .atFace)
        #expect(rules.verdict(on: HandSamples.lap) == .nothing)
    }

    @Test("a forehead that looks as usual is not covered, whatever the landmarks say")
    func freeForehead() {
        var hand = HandSamples.palm
        hand.forehead = ForeheadScores(likeness: Thousandths(0.9), drop: Thousandths(0.01))
        #expect(rules.verdict(on: hand) == .atFace)
        hand.forehead = ForeheadScores(likeness: Thousandths(0.9), drop: Thousandths(0.045))
        #expect(rules.verdict(on: hand) == .palmToForehead(isWeak: false), "the face is less sure than usual")
        hand.forehead = nil
        #expect(rules.verdict(on: hand) == .palmToForehead(isWeak: false), "nothing speaks against it")
    }

    @Test("a whole hand over the ear, whose middle is above the eyes and far to the side, is none")
    func ear() {
        // As measured where the forehead was neither free nor covered.
        let ear = HandSamples.hand(
            lin: 0.05, across: 0.62, clear: 0.49, wrist: 0.58, knuckles: 0.13, forehead: (likeness: 0.8, drop: 0))
        #expect(rules.verdict(on: ear).kind == nil)
        var fromTheSide = ear
        fromTheSide.lin = Thousandths(-0.37)
        fromTheSide.across = Thousandths(0.48)
        #expect(rules.verdict(on: fromTheSide).kind == .palmToForehead)
    }

    @Test("a hand in the hair, high above the eyes, counts only where the forehead is seen to be covered")
    func hair() {
        func hair(_ forehead: (likeness: Float, drop: Float)?, lin: Float = -0.71) -> Gesture.Kind? {
            rules.verdict(
                on: HandSamples.hand(
                    lin: lin, across: 0.15, clear: 0.12, wrist: -0.39, knuckles: -0.68, forehead: forehead)
            ).kind
        }
        // As measured with rendered people.
        #expect(hair((likeness: 0.8, drop: 0.015)) == nil)
        #expect(hair((likeness: 0.7, drop: 0.015)) == .palmToForehead)
        #expect(hair(nil) == .palmToForehead, "nothing is known of the forehead")
        #expect(hair((likeness: 0.8, drop: 0.015), lin: -0.5) == .palmToForehead, "on the forehead itself")
    }

    @Test("what looks like a hand above a head is no palm, also where nothing is known of the forehead")
    func aboveTheHead() {
        // As measured in the dark, where a camera's first picture had what the hand model took for a hand.
        for (lin, across) in [(-0.758, 0.394), (-0.735, 0.390), (-0.811, 0.392), (-0.673, 0.425)] as [(Float, Float)] {
            let phantom = HandSamples.hand(
                lin: lin, across: across, clear: 0.36, wrist: -0.55, knuckles: -0.9, forehead: nil)
            #expect(rules.verdict(on: phantom).kind == nil, "\(lin) \(across)")
        }
    }

    @Test("a covered forehead lets a palm lie a little lower")
    func lowerWhereCovered() {
        var hand = HandSamples.palm
        hand.lin = Thousandths(0.1)
        #expect(rules.verdict(on: hand).kind == .palmToForehead)
        hand.forehead = ForeheadScores(likeness: Thousandths(0.8), drop: Thousandths(0.01))
        #expect(rules.verdict(on: hand).kind == nil)
    }

    @Test("a hand that the hand model does not see counts on a covered forehead alone")
    func weakPalms() {
        var hand = HandSamples.palm
        hand.presence = Score(0.1)
        #expect(rules.verdict(on: hand) == .palmToForehead(isWeak: true))
        hand.palm = Score(0.4)
        #expect(rules.verdict(on: hand).kind == nil, "the palm detector is not sure either")
        hand.palm = Score(0.8)
        hand.forehead = nil
        #expect(rules.verdict(on: hand).kind == nil, "nothing is known of the forehead")
        hand.facePresence = Score(0.2)
        #expect(rules.verdict(on: hand) == .palmToForehead(isWeak: true), "but the face model sees no face")
        hand.facePresence = Score(0.9)
        #expect(rules.verdict(on: hand).kind == nil)
    }

    @Test("a phone at the ear, a hanging hand, one in the lap and a weak one are not raised")
    func notRaised() {
        var phone = HandSamples.raised
        phone.clear = Thousandths(0.6)
        var hanging = HandSamples.raised
        hanging.wrist = Thousandths(0.0)
        var low = HandSamples.raised
        low.knuckles = Thousandths(1.1)
        var weak = HandSamples.raised
        weak.presence = Score(0.45)
        for hand in [phone, hanging, low, weak] { #expect(rules.verdict(on: hand).kind == nil) }
        var above = HandSamples.raised
        above.clear = nil
        #expect(rules.verdict(on: above) == .raisedHand, "no landmark at the height of the face")
    }

    @Test("a hand that is seen edge-on must be clearer of the face: it lies along the head")
    func edgeOn() {
        // As measured of rendered people: at an ear in the dark, turned to the head.
        var ear = HandSamples.hand(lin: 0.02, across: 0.86, clear: 0.81, wrist: 0.43, knuckles: 0, breadth: 0.05)
        #expect(rules.verdict(on: ear).kind == nil)
        ear.breadth = Thousandths(0.6)
        #expect(rules.verdict(on: ear) == .raisedHand, "the palm is seen")
        ear.breadth = nil
        #expect(rules.verdict(on: ear) == .raisedHand, "it is not known")
        // As measured in the labelled clips: a raised hand that is turned away.
        let turned = HandSamples.hand(lin: 0.7, across: 1.2, clear: 1.08, wrist: 1.13, knuckles: 0.59, breadth: 0.25)
        #expect(rules.verdict(on: turned) == .raisedHand)
    }

    @Test("the mirrored hand has the same scores, so the same verdict: only distances to the side count")
    func mirrored() {
        #expect(Thousandths(abs(-0.62)) == Thousandths(0.62))
    }

    @Test("what is no number or far out of range becomes a score all the same")
    func quantised() throws {
        #expect(Score(.nan).step == 0 && Score(.infinity).step == 255 && Score(-3).step == 0 && Score(0.5).step == 128)
        #expect(Thousandths(.nan).step == 0 && Thousandths(1e9).step == 32_767 && Thousandths(-1e9).step == -32_767)
        #expect(Thousandths(0.07).value == 0.07 && Thousandths(0.0704).value == 0.07)
        let look = HandSamples.look(at: 1, [HandSamples.raised, HandSamples.palm])
        let data = try JSONEncoder().encode(look)
        #expect(try JSONDecoder().decode(GestureLook.self, from: data) == look)
        #expect(data.count < 500, "\(data.count) bytes of JSON for two hands")
    }

    @Test("a look keeps no more hands than it may")
    func bounded() {
        let look = HandSamples.look(at: 1, interval: 100, Array(repeating: HandSamples.raised, count: 50))
        #expect(look.hands.count == GestureLook.mostHands && look.interval == 255)
    }
}
