/// How a person sits at a moment.
struct PersonPose: Equatable {
    /// Of the body, in centimetres; far to the side it is out of the picture.
    var shift = Vector(0, 0, 0)
    /// Of the head, in radians.
    var yaw: Float = 0
    var pitch: Float = 0
    var roll: Float = 0
    var mouth: Float = 0
    var blink: Float = 0
    var gaze = SIMD2<Float>(0, 0)
    /// The person's right hand, which is on the left of a picture that is not mirrored.
    var right = HandPose.resting(side: 1)
    var left = HandPose.resting(side: -1)
    /// Whether the right hand holds a cup.
    var holdsCup = false
}

extension HandPose {
    /// In the lap or at the keyboard, below the picture.
    static func resting(side: Float) -> HandPose {
        HandPose(
            wrist: Vector(-11 * side, -49, 16), fingers: Vector(0.35 * side, 0.1, 1), palm: Vector(0, -1, 0.1),
            curl: 0.35,
            thumbCurl: 0.3, spread: 0.4, elbow: Vector(-0.35 * side, -0.5, -1))
    }
}

/// The solids of a person.
struct Body {
    private let pose: PersonPose
    private let appearance: Appearance
    let head: HeadPlace

    private static let shoulder = Vector(17.5, -24.5, -4)

    init(_ pose: PersonPose, _ appearance: Appearance) {
        self.pose = pose
        self.appearance = appearance
        let axes = Frame(yaw: pose.yaw, pitch: pose.pitch, roll: pose.roll)
        // The head turns about the top of the neck.
        let pivot = Vector(0, -9, -2)
        let offset = Vector(appearance.offset, 0, 0)
        head = HeadPlace(centre: offset + pose.shift + pivot + axes.out(Vector.zero - pivot), axes: axes)
    }

    var shapes: [Shape] {
        trunk + headShapes + (appearance.wearsGlasses ? glasses : []) + arm(pose.right, side: 1)
            + arm(pose.left, side: -1)
            + (pose.holdsCup ? cup : [])
    }

    private func at(_ v: Vector) -> Vector { v + pose.shift + Vector(appearance.offset, 0, 0) }

    private var trunk: [Shape] {
        func cone(_ a: Vector, _ b: Vector, _ ra: Float, _ rb: Float, _ material: Material = .cloth) -> Shape {
            .cone(from: at(a), to: at(b), fromRadius: ra, toRadius: rb, material)
        }
        var all = [
            cone(Vector(0, -7, -2), Vector(0, -20, -3), 5.5, 6.2, .skin),
            .ellipsoid(centre: at(Vector(0, -19.0, -3)), radii: Vector(7.8, 1.9, 7.0), axes: .upright, .cloth),
        ]
        for side: Float in [1, -1] {
            // The shoulder slopes from the neck, and the chest goes down from it.
            all.append(cone(Vector(3 * side, -19.5, -4), Vector(16.5 * side, -24, -4), 4.6, 5.6))
            all.append(cone(Vector(8.5 * side, -29, -3.5), Vector(9 * side, -70, -3), 9.3, 9.8))
        }
        all.append(.ellipsoid(centre: at(Vector(0, -45, -3.2)), radii: Vector(14, 24, 9.6), axes: .upright, .cloth))
        return all
    }

    private func onHead(_ v: Vector) -> Vector { head.centre + head.axes.out(v) }

    private var headShapes: [Shape] {
        func ellipsoid(_ centre: Vector, _ radii: Vector, _ material: Material) -> Shape {
            .ellipsoid(centre: onHead(centre), radii: radii, axes: head.axes, material)
        }
        var all = [
            ellipsoid(Vector(0, 2.2, -0.8), Vector(7.5, 9.3, 9.2), .face),
            ellipsoid(Vector(0, -3.8, 0.9), Vector(6.3, 7.7, 7.4), .face),
            ellipsoid(Vector(0, -8.9, 4.2), Vector(2.9, 2.3, 2.9), .face),
            ellipsoid(Vector(7.5, -0.6, -1.5), Vector(1.0, 3.1, 1.9), .skin),
            ellipsoid(Vector(-7.5, -0.6, -1.5), Vector(1.0, 3.1, 1.9), .skin),
            // The nose: bridge, tip and wings.
            .cone(
                from: onHead(Vector(0, 1.6, 7.8)), to: onHead(Vector(0, -2.5, 9.6)), fromRadius: 0.75, toRadius: 1.15,
                .skin),
            ellipsoid(Vector(1.15, -2.9, 8.8), Vector(0.85, 0.75, 1.0), .skin),
            ellipsoid(Vector(-1.15, -2.9, 8.8), Vector(0.85, 0.75, 1.0), .skin),
        ]
        guard appearance.hair != .bald else { return all }
        all.append(ellipsoid(Vector(0, 3.2, -1.4), Vector(8.3, 9.6, 9.6), .hair))
        if appearance.hair == .long { all += locks }
        return all
    }

    /// Long hair falls beside the face.
    private var locks: [Shape] {
        [1, -1].flatMap { (side: Float) -> [Shape] in
            [
                .cone(
                    from: onHead(Vector(7.4 * side, 3, -2.5)), to: onHead(Vector(8.6 * side, -9, -3)), fromRadius: 2.3,
                    toRadius: 3.0, .lock),
                .cone(
                    from: onHead(Vector(8.6 * side, -9, -3)), to: onHead(Vector(8.2 * side, -19, -2.5)),
                    fromRadius: 3.0,
                    toRadius: 2.2, .lock),
            ]
        }
    }

    private var glasses: [Shape] {
        [1, -1].flatMap { (side: Float) -> [Shape] in
            let rim = (0..<14).map { step -> Vector in
                let (s, c) = sineAndCosine(Float(step) / 14 * 2 * .pi)
                return onHead(Vector(FaceState.eye.x * side + 2.35 * c, FaceState.eye.y - 0.2 + 1.75 * s, 9.3))
            }
            return (0..<14).map { step in
                .cone(from: rim[step], to: rim[(step + 1) % 14], fromRadius: 0.17, toRadius: 0.17, .frame)
            }
        } + [
            .cone(
                from: onHead(Vector(-0.8, 1.0, 9.6)), to: onHead(Vector(0.8, 1.0, 9.6)), fromRadius: 0.17,
                toRadius: 0.17,
                .frame)
        ]
    }

    /// Upper arm, forearm and hand; the elbow follows from where the hand is.
    private func arm(_ hand: HandPose, side: Float) -> [Shape] {
        let shoulder = at(Vector(-Self.shoulder.x * side, Self.shoulder.y, Self.shoulder.z))
        var placed = hand
        placed.wrist = at(hand.wrist)
        let elbow = Self.elbow(from: shoulder, to: placed.wrist, towards: hand.elbow)
        let cuff = elbow.mixed(with: placed.wrist, 0.30)
        return [
            .cone(from: shoulder, to: elbow, fromRadius: 5.2, toRadius: 4.4, .cloth),
            .cone(from: elbow, to: cuff, fromRadius: 4.4, toRadius: 4.1, .cloth),
            .cone(from: cuff, to: placed.wrist, fromRadius: 3.5, toRadius: 2.5, .skin),
        ] + Hand(placed, side: side).shapes
    }

    private static func elbow(from shoulder: Vector, to wrist: Vector, towards: Vector) -> Vector {
        let (upper, lower): (Float, Float) = (29, 26)
        let way = wrist - shoulder
        let reach = max(8, min(way.length, upper + lower - 0.5))
        let along = (upper * upper - lower * lower + reach * reach) / (2 * reach)
        let off = max(0, upper * upper - along * along).squareRoot()
        let direction = way.unit
        let side = (towards - direction * towards.dot(direction)).unit
        return shoulder + direction * along + side * off
    }

    private var cup: [Shape] {
        var placed = pose.right
        placed.wrist = at(pose.right.wrist)
        let hand = Hand(placed, side: 1)
        let up = hand.up
        return [
            .cone(from: hand.grip - up * 3, to: hand.grip + up * 2.5, fromRadius: 3.4, toRadius: 3.7, .cup)
        ]
    }
}
