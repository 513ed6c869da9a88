/// A hand: where it is, where it points, and how its fingers are bent.
struct HandPose: Equatable {
    /// Where the forearm ends.
    var wrist: Vector
    /// Where straight fingers point.
    var fingers: Vector
    /// Where the palm looks.
    var palm: Vector
    /// How far the four fingers and the thumb are bent, from 0 to 1.
    var curl: Float = 0.05
    var thumbCurl: Float = 0.1
    /// How far the fingers are apart, 1 as in a hand that is held up.
    var spread: Float = 1
    /// Where the elbow would go if it could.
    var elbow = Vector(-0.5, -1, 0.1)

    func mixed(with other: HandPose, _ share: Float) -> HandPose {
        HandPose(
            wrist: wrist.mixed(with: other.wrist, share), fingers: fingers.mixed(with: other.fingers, share).unit,
            palm: palm.mixed(with: other.palm, share).unit, curl: curl + (other.curl - curl) * share,
            thumbCurl: thumbCurl + (other.thumbCurl - thumbCurl) * share,
            spread: spread + (other.spread - spread) * share,
            elbow: elbow.mixed(with: other.elbow, share))
    }
}

/// The solids of a hand. `side` is 1 for the right one: its thumb is on the right where it is held up, palm to the camera.
struct Hand {
    private let pose: HandPose
    private let side: Float
    private let frame: Frame

    private struct Finger {
        let root: SIMD2<Float>
        let splay: Float
        let lengths: [Float]
        let radii: [Float]
    }

    private static let four = [
        Finger(root: SIMD2(2.75, 9.0), splay: 0.15, lengths: [4.5, 2.7, 2.2], radii: [0.98, 0.88, 0.78, 0.64]),
        Finger(root: SIMD2(0.85, 9.5), splay: 0.02, lengths: [5.0, 3.1, 2.3], radii: [1.0, 0.90, 0.80, 0.66]),
        Finger(root: SIMD2(-1.05, 9.1), splay: -0.12, lengths: [4.6, 2.9, 2.3], radii: [0.96, 0.85, 0.76, 0.63]),
        Finger(root: SIMD2(-2.85, 8.2), splay: -0.30, lengths: [3.6, 2.1, 2.0], radii: [0.84, 0.74, 0.66, 0.56]),
    ]

    init(_ pose: HandPose, side: Float) {
        self.pose = pose
        self.side = side
        let own = Frame(along: pose.fingers, facing: pose.palm)
        frame = Frame(x: own.x * side, y: own.y, z: own.z)
    }

    private func place(_ x: Float, _ y: Float, _ z: Float) -> Vector { pose.wrist + frame.out(Vector(x, y, z)) }

    var shapes: [Shape] {
        var all = palmShapes
        for finger in Self.four { all += shapes(of: finger) }
        return all + thumb
    }

    /// The middle of what is held.
    var grip: Vector { place(0.6, 8.2, 3.2) }
    var up: Vector { frame.x * side }

    private var palmShapes: [Shape] {
        func ellipsoid(_ centre: Vector, _ radii: Vector, _ material: Material, lean: Float = 0) -> Shape {
            let (s, c) = sineAndCosine(lean)
            let axes = frame.out(Frame(x: Vector(c, -s, 0), y: Vector(s, c, 0), z: Vector(0, 0, 1)))
            return .ellipsoid(centre: place(centre.x, centre.y, centre.z), radii: radii, axes: axes, material)
        }
        var all = [
            ellipsoid(Vector(0, 5.4, -0.1), Vector(3.9, 5.0, 1.25), .palm),
            ellipsoid(Vector(2.3, 3.9, 0.55), Vector(1.75, 3.1, 1.25), .palm, lean: 0.45),
            ellipsoid(Vector(-2.3, 3.9, 0.45), Vector(1.35, 3.3, 1.15), .palm, lean: -0.08),
            ellipsoid(Vector(0, 8.3, 0.35), Vector(3.5, 1.25, 1.0), .palm, lean: -0.1),
            // Its back.
            ellipsoid(Vector(0, 5.2, -0.45), Vector(3.8, 5.1, 1.2), .skin),
        ]
        for finger in Self.four {
            all.append(
                .cone(
                    from: place(finger.root.x * 0.45, 1.0, 0), to: place(finger.root.x, finger.root.y, -0.1),
                    fromRadius: 1.35, toRadius: finger.radii[0] + 0.12, .palm))
        }
        return all
    }

    /// Three bones in a row, bent towards the palm.
    private func shapes(of finger: Finger) -> [Shape] {
        var all: [Shape] = []
        var at = place(finger.root.x, finger.root.y, -0.1)
        let splay = sineAndCosine(finger.splay * pose.spread)
        let outward = Vector(splay.sine, splay.cosine, 0)
        var bend: Float = 0
        for (bone, length) in finger.lengths.enumerated() {
            bend += pose.curl * [1.35, 1.6, 1.0][bone]
            let (s, c) = sineAndCosine(bend)
            let direction = frame.out(Vector(outward.x * c, outward.y * c, s))
            let next = at + direction * length
            all.append(
                .cone(
                    from: at, to: next, fromRadius: finger.radii[bone], toRadius: finger.radii[bone + 1], .palm))
            at = next
        }
        return all
    }

    private var thumb: [Shape] {
        let bend = pose.thumbCurl
        let points = [
            place(1.7, 1.6, 0.4), place(4.3 - 1.4 * bend, 4.6, 0.9 + 1.8 * bend),
            place(6.1 - 3.4 * bend, 7.2 + 0.2 * bend, 1.0 + 3.2 * bend),
            place(7.3 - 5.6 * bend, 9.6 - 0.6 * bend, 0.8 + 3.6 * bend),
        ]
        let radii: [Float] = [1.5, 1.2, 1.0, 0.75]
        return (0..<3).map { bone in
            .cone(
                from: points[bone], to: points[bone + 1], fromRadius: radii[bone], toRadius: radii[bone + 1], .palm)
        }
    }
}
