import Perception
import Pictures
import Testing

@testable import PerceptionModels

@Suite("Hands in units of a face")
struct FaceUnitsTests {
    private let face = FaceFrame(centre: PixelPoint(x: 160, y: 88), width: 60, height: 60, eyeLine: 80)

    private func scores(_ hand: HandLandmarks, presence: Float = 0.9) -> HandScores {
        let sight = HandSight(
            palmScore: 0.7, presence: presence, landmarks: hand, palm: Scene.palm(u: 0, wrist: 0, knuckles: 0))
        return HandScores(sight, sight.points(Scene.size), by: face, facePresence: nil, forehead: nil)
    }

    @Test("a face's box and eyes give its units, also from a detector with tighter boxes")
    func frames() throws {
        let found = try #require(FaceFrame(Scene.face(), Scene.size))
        #expect(abs(found.eyeLine - 80) < 1e-3 && abs(found.width - 60) < 1e-3)
        #expect(
            abs(found.u(PixelPoint(x: 190, y: 0)) - 0.5) < 1e-4 && abs(found.v(PixelPoint(x: 0, y: 110)) - 0.5) < 1e-4)
        let far = try #require(FaceFrame(far: Scene.face(), Scene.size))
        #expect(abs(far.width - 75) < 1e-3 && abs(far.height - 75) < 1e-3)
        #expect(abs((far.eyeLine - (far.centre.y - far.height / 2)) / far.height - 0.37) < 1e-4)
        #expect(
            FaceFrame(
                Detection(score: 1, topLeft: .init(x: 0, y: 0), bottomRight: .init(x: 0, y: 0), keyPoints: []),
                Scene.size) == nil)
    }

    @Test("lin, the side, clearance, wrist and knuckles of fixed landmarks")
    func landmarks() throws {
        let scores = scores(Scene.hand(u: 1, wrist: 0.9, knuckles: 0.4, tips: 0))
        // The four knuckles are 0.04 further out than the middle finger, the three fingertips are not.
        #expect(scores.wrist == Thousandths(0.9) && scores.knuckles == Thousandths(0.4))
        #expect(abs(scores.across.value - 1.02) < 0.002, "\(scores.across.value)")
        #expect(abs(scores.lin.value - (0.2 + 0.3 * 1.02)) < 0.002, "\(scores.lin.value)")
        let clear = try #require(scores.clear)
        // Nearest: the thumb, 0.16 nearer than the middle finger.
        #expect(abs(clear.value - (0.84 + 1.0) / 2) < 0.005, "\(clear.value)")
        // Between the outer knuckles 0.24, from the wrist to the middle one 0.5.
        #expect(abs((scores.breadth?.value ?? 0) - 0.48) < 0.002, "\(String(describing: scores.breadth))")
        #expect(scores.palm == Score(0.7) && scores.presence == Score(0.9))
    }

    @Test("the mirror image has the same scores")
    func mirrored() {
        let (left, right) = (
            scores(Scene.hand(u: -1.2, wrist: 0.9, knuckles: 0.4, tips: 0)),
            scores(
                HandLandmarks(
                    points: Scene.hand(u: -1.2, wrist: 0.9, knuckles: 0.4, tips: 0).points.map {
                        PicturePoint(x: 1 - $0.x, y: $0.y)
                    }, presence: 0.9, rightness: 0.5))
        )
        #expect(left == right)
    }

    @Test("without landmarks the palm's key points stand for them: the fingers go on from the wrist over the knuckles")
    func palmAlone() {
        let sight = HandSight(
            palmScore: 0.7, presence: 0.1, landmarks: nil, palm: Scene.palm(u: 0.1, wrist: 0.5, knuckles: 0))
        let points = sight.points(Scene.size)
        #expect(points.breadth == nil)
        // The fingertips are at -0.4, so the middle at -0.2.
        #expect(abs(face.v(points.middle) + 0.2) < 1e-3 && abs(face.v(points.wrist) - 0.5) < 1e-3)
    }

    @Test("a hand above the head is clear of the face")
    func above() {
        #expect(scores(Scene.hand(u: 0.3, wrist: -0.8, knuckles: -1.3, tips: -1.8)).clear == nil)
    }
}
