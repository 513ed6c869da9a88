// Where to look next, from what was seen: MediaPipe's rules. All are nil where what was seen has no extent.
extension PictureRegion {
    /// Where the landmarks of a hand are to be looked for, from its palm: upright from the wrist to the middle finger's
    /// knuckle, 2.6 times the palm's box, half a box further towards the fingers.
    /// - Parameters:
    ///   - width: of the picture, in pixels.
    ///   - height: likewise.
    public init?(palm: Detection, width: Int, height: Int) {
        guard palm.keyPoints.count > 2 else { return nil }
        self.init(
            box: palm,
            rotation: Self.uprightRotation(palm.keyPoints[0], palm.keyPoints[2], Float(width), Float(height)),
            shift: -0.5, scale: 2.6, width: Float(width), height: Float(height))
    }

    /// Where the face model is to look, from a face: level with the eyes, 1.5 times the box.
    public init?(face: Detection, width: Int, height: Int) {
        guard face.keyPoints.count > 1 else { return nil }
        let (right, left) = (face.keyPoints[0], face.keyPoints[1])
        let tilt = angle(y: -(left.y - right.y) * Float(height), x: (left.x - right.x) * Float(width))
        self.init(
            box: face, rotation: Self.normalised(-tilt), shift: 0, scale: 1.5, width: Float(width),
            height: Float(height))
    }

    /// Where a hand is to be looked for in the next picture, from its landmarks in this one: twice the box of its joints
    /// but the finger tips and those before, turned with the hand, a tenth further towards the fingers.
    public init?(tracking hand: HandLandmarks, width: Int, height: Int) {
        guard hand.points.count == 21 else { return nil }
        let points = hand.points
        let (wide, high) = (Float(width), Float(height))
        let knuckles = PicturePoint(
            x: ((points[5].x + points[13].x) / 2 + points[9].x) / 2,
            y: ((points[5].y + points[13].y) / 2 + points[9].y) / 2)
        let rotation = Self.uprightRotation(points[0], knuckles, wide, high)
        let palm = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18].map { points[$0] }
        let box = Self.fitted(palm, rotation: rotation, wide, high)
        self.init(
            centre: box.centre, boxWidth: box.width, boxHeight: box.height, rotation: rotation, shift: -0.1, scale: 2,
            width: wide, height: high)
    }

    private init?(box: Detection, rotation: Float, shift: Float, scale: Float, width: Float, height: Float) {
        self.init(
            centre: PicturePoint(
                x: (box.topLeft.x + box.bottomRight.x) / 2, y: (box.topLeft.y + box.bottomRight.y) / 2),
            boxWidth: box.bottomRight.x - box.topLeft.x, boxHeight: box.bottomRight.y - box.topLeft.y,
            rotation: rotation, shift: shift, scale: scale, width: width, height: height)
    }

    /// Moves a box along its own vertical axis by a share of its height, and makes it a square on its longer side.
    private init?(
        centre: PicturePoint, boxWidth: Float, boxHeight: Float, rotation: Float, shift: Float, scale: Float,
        width: Float, height: Float
    ) {
        let (sine, cosine) = (Float(sine(rotation)), Float(cosine(rotation)))
        let moved = height * boxHeight * shift
        let side = max(boxWidth * width, boxHeight * height) * scale
        self.init(
            centre: PicturePoint(x: centre.x - moved * sine / width, y: centre.y + moved * cosine / height),
            width: side / width, height: side / height, rotation: rotation)
        guard isUsable else { return nil }
    }

    /// By how much a vector is turned away from pointing upwards on the screen.
    private static func uprightRotation(
        _ from: PicturePoint, _ to: PicturePoint, _ width: Float, _ height: Float
    ) -> Float {
        normalised(.pi / 2 - angle(y: -(to.y - from.y) * height, x: (to.x - from.x) * width))
    }

    /// The same angle in -π…π.
    private static func normalised(_ angle: Float) -> Float {
        angle - 2 * .pi * ((angle + .pi) / (2 * .pi)).rounded(.down)
    }

    /// The smallest box around points whose sides are turned by `rotation`; sizes as shares of the picture's.
    private static func fitted(
        _ points: [PicturePoint], rotation: Float, _ width: Float, _ height: Float
    ) -> (centre: PicturePoint, width: Float, height: Float) {
        let axis = middle(points.map { ($0.x, $0.y) })
        let (sine, cosine) = (Float(sine(rotation)), Float(cosine(rotation)))
        let turned = middle(
            points.map { point in
                let (x, y) = ((point.x - axis.x) * width, (point.y - axis.y) * height)
                return (x * cosine + y * sine, y * cosine - x * sine)
            })
        let centre = PicturePoint(
            x: (turned.x * cosine - turned.y * sine) / width + axis.x,
            y: (turned.x * sine + turned.y * cosine) / height + axis.y)
        return (centre, turned.width / width, turned.height / height)
    }

    private static func middle(_ points: [(x: Float, y: Float)]) -> (x: Float, y: Float, width: Float, height: Float) {
        var (low, high) = (points[0], points[0])
        for point in points {
            low = (min(low.x, point.x), min(low.y, point.y))
            high = (max(high.x, point.x), max(high.y, point.y))
        }
        return ((low.x + high.x) / 2, (low.y + high.y) / 2, high.x - low.x, high.y - low.y)
    }
}
