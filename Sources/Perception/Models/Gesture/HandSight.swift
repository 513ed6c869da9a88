import Perception
import Pictures

/// One hand as it is followed: what the models said of it, and where its points are.
struct HandSight {
    /// The palm detector's score when it was found.
    var palmScore: Float
    var presence: Float
    /// From the hand model; nil where it is too unsure for its landmarks to be used.
    var landmarks: HandLandmarks?
    /// From the palm detector.
    var palm: Detection

    private static let knuckles = [5, 9, 13, 17]
    private static let tips = [8, 12, 16]
    private static let wrist = 0

    /// What the rules measure: all points, the wrist, the knuckles, and the middle between knuckles and fingertips.
    struct Points {
        var all: [PixelPoint]
        var wrist: PixelPoint
        var knuckles: PixelPoint
        var middle: PixelPoint
        /// See `HandScores`; nil without landmarks.
        var breadth: Float?
    }

    func points(_ size: PixelSize) -> Points {
        if let landmarks, landmarks.points.count == 21 {
            let points = landmarks.points.map { PixelPoint($0, size) }
            let knuckles = PixelPoint.mean(Self.knuckles.map { points[$0] })
            let tip = PixelPoint.mean(Self.tips.map { points[$0] })
            let (first, second, last) = (points[Self.knuckles[0]], points[Self.knuckles[1]], points[Self.knuckles[3]])
            let length = points[Self.wrist].distance(second)
            return Points(
                all: points, wrist: points[Self.wrist], knuckles: knuckles, middle: .mean([knuckles, tip]),
                breadth: length > 0 ? first.distance(last) / length : nil)
        }
        return Self.points(palm, size)
    }

    /// From the palm's key points alone: the fingers go on from the wrist over the knuckles.
    static func points(_ palm: Detection, _ size: PixelSize) -> Points {
        let points = palm.keyPoints.map { PixelPoint($0, size) }
        let wrist = points.first ?? PixelPoint(x: 0, y: 0)
        let knuckles = PixelPoint.mean(points.dropFirst().prefix(4))
        let tip = PixelPoint(
            x: knuckles.x + 0.8 * (knuckles.x - wrist.x), y: knuckles.y + 0.8 * (knuckles.y - wrist.y))
        return Points(all: points, wrist: wrist, knuckles: knuckles, middle: .mean([knuckles, tip]))
    }
}

extension HandScores {
    /// A hand measured by a face.
    init(
        _ hand: HandSight, _ points: HandSight.Points, by face: FaceFrame, facePresence: Float?,
        forehead: ForeheadScores?
    ) {
        let across = abs(face.u(points.middle))
        self.init(
            palm: Score(hand.palmScore), presence: Score(hand.presence), facePresence: facePresence.map { Score($0) },
            lin: Thousandths(face.v(points.middle) + Self.acrossShare * across), across: Thousandths(across),
            clear: Self.clearance(points.all, face).map { Thousandths($0) },
            wrist: Thousandths(face.v(points.wrist)), knuckles: Thousandths(face.v(points.knuckles)),
            forehead: forehead, breadth: points.breadth.map { Thousandths($0) })
    }

    /// Of the points at the height of the face, between the nearest to its middle and the mean of all.
    private static func clearance(_ points: [PixelPoint], _ face: FaceFrame) -> Float? {
        var (nearest, sum, count): (Float, Float, Float) = (.infinity, 0, 0)
        for point in points where face.v(point) > -0.75 && face.v(point) < 1 {
            nearest = min(nearest, abs(face.u(point)))
        }
        for point in points { (sum, count) = (sum + face.u(point), count + 1) }
        guard nearest.isFinite, count > 0 else { return nil }
        return (nearest + abs(sum / count)) / 2
    }
}
