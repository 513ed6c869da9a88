/// Where the head is, and how it is turned.
struct HeadPlace {
    /// Between the ears, at the height of the eyes' lower lids.
    var centre: Vector
    var axes: Frame
}

/// What a face does at a moment.
struct FaceState {
    /// 0 closed, 1 wide open.
    var mouth: Float = 0
    /// 0 open, 1 closed.
    var blink: Float = 0
    /// Where the eyes look, to the right and up, from -1 to 1.
    var gaze = SIMD2<Float>(0, 0)

    static let eye = SIMD2<Float>(3.15, 0.9)

    /// The colour of the skin with what is painted on it: brows, eyes, lips.
    ///
    /// - Parameter own: the point in the head's axes.
    @inline(__always)
    func colour(at own: Vector, skin: Vector, lips: Vector, hair: Vector) -> Vector {
        guard own.z > 1 else { return skin }
        let side = abs(own.x)
        var colour = skin
        // Warm cheeks, shaded sockets and the fold below the nose.
        colour = colour.mixed(
            with: skin * Vector(1.04, 0.82, 0.80), 0.4 * bell((side - 4.2) / 2.6) * bell((own.y + 2.8) / 2.4))
        colour *= 1 - 0.30 * bell((side - 2.6) / 2.9) * bell((own.y - 1.35) / 1.9)
        colour *= 1 - 0.30 * bell(own.x / 2.1) * bell((own.y + 4.05) / 0.8)
        colour *= 1 - 0.16 * bell(own.x / 2.6) * bell((own.y + 7.5) / 0.8)
        let browLine: Float = 2.75 + 0.35 * bell((side - 3.4) / 2.4)
        let brow = bell((own.y - browLine) / 0.62) * smoothStep(1.0, 1.7, side) * (1 - smoothStep(4.7, 5.4, side))
        colour = colour.mixed(with: hair.mixed(with: skin * 0.35, 0.35), 0.85 * min(1, 1.5 * brow))
        colour = withMouth(own, over: colour, lips: lips)
        return withEye(own, side: side, over: colour)
    }

    @inline(__always)
    private func withEye(_ own: Vector, side: Float, over colour: Vector) -> Vector {
        let dx = (side - Self.eye.x) / 1.55
        let dy = own.y - Self.eye.y
        guard abs(dx) < 1.25, abs(dy) < 1.3 else { return colour }
        let open = 1 - blink
        let lid = 0.72 * (1 - dx * dx) * open
        let lower = 0.55 * (1 - dx * dx) * max(open, 0.1)
        var result = colour
        // Lashes above, a soft line below.
        let upperLine = bell((dy - max(lid, -0.1)) / 0.30) * (abs(dx) < 1.1 ? 1 : 0)
        let lowerLine = bell((dy + lower) / 0.18) * (abs(dx) < 1 ? 1 : 0)
        if abs(dx) < 1, dy < lid, dy > -lower, open > 0.15 {
            let signed = (own.x < 0 ? -1 : 1) * (side - Self.eye.x)
            let ix = signed - 0.45 * gaze.x
            let iy = dy - 0.05 - 0.25 * gaze.y
            let distance = (ix * ix + iy * iy).squareRoot()
            result = Vector(0.90, 0.88, 0.86) * (1 - 0.35 * smoothStep(0.2, 0.75, dy))
            result = result.mixed(with: Vector(0.24, 0.15, 0.09), 1 - smoothStep(0.60, 0.74, distance))
            result = result.mixed(with: Vector(0.02, 0.02, 0.02), 1 - smoothStep(0.26, 0.34, distance))
            let spark = (ix + 0.2) * (ix + 0.2) + (iy - 0.22) * (iy - 0.22)
            if spark < 0.02 { result = Vector(repeating: 1) }
        }
        result = result.mixed(with: Vector(0.06, 0.04, 0.04), 0.9 * upperLine)
        return result.mixed(with: colour * 0.55, 0.5 * lowerLine)
    }

    @inline(__always)
    private func withMouth(_ own: Vector, over colour: Vector, lips: Vector) -> Vector {
        let half: Float = 2.7 - 0.5 * mouth
        let dx = own.x / half
        guard abs(dx) < 1.05 else { return colour }
        let line: Float = -5.75 + 0.18 * dx * dx
        let gap = 1.1 * mouth * max(0, 1 - dx * dx)
        let dy = own.y - line
        let arch = max(0, 1 - dx * dx)
        var result = colour
        let upper = 0.62 * arch * (1 - 0.25 * bell(own.x / 0.5)) + gap * 0.4
        let lower = 0.80 * arch + gap
        if dy < upper, dy > -lower { result = lips * (dy > 0 ? 0.82 : 1.0) }
        if mouth > 0.05, dy < gap * 0.4, dy > -gap { return Vector(0.18, 0.06, 0.06) }
        return result.mixed(with: lips * 0.35, bell(dy / 0.16) * (abs(dx) < 0.97 ? 0.9 : 0))
    }

    /// Whether the cap of hair covers a point of it.
    @inline(__always)
    func hasHair(at own: Vector, style: Appearance.Hair) -> Bool {
        switch style {
        case .bald: return false
        case .short, .long:
            // The hairline goes down beside the temples.
            let line: Float = 7.0 - 0.055 * own.x * own.x - (abs(own.x) > 6.3 ? 4.0 * (abs(own.x) - 6.3) : 0)
            return own.y > (own.z > 0 ? line : -4)
        }
    }
}
