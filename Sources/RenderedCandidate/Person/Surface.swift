/// Colours of a person's surfaces under the light, as 8-bit RGB from 0 to 1.
struct Surface {
    private let appearance: Appearance
    private let skin: Vector
    private let palm: Vector
    private let hair: Vector
    private let lips: Vector
    private let key: Vector
    /// The face as it is now.
    private let face: FaceState
    private let head: HeadPlace

    static let shirts: [Vector] = [
        Vector(0.16, 0.23, 0.45), Vector(0.55, 0.56, 0.58), Vector(0.20, 0.36, 0.28), Vector(0.52, 0.18, 0.20),
        Vector(0.15, 0.15, 0.17), Vector(0.72, 0.68, 0.60),
    ]

    init(_ appearance: Appearance, face: FaceState, head: HeadPlace) {
        self.appearance = appearance
        self.face = face
        self.head = head
        skin = Self.skin(appearance.skinTone)
        // The inside of the hand stays lighter, whatever the skin.
        palm = skin.mixed(with: Vector(0.95, 0.70, 0.60), 0.25 + 0.25 * appearance.skinTone)
        lips = skin * Vector(0.85, 0.55, 0.55) + Vector(0.06, 0, 0.01)
        hair = Vector(0.07, 0.05, 0.04).mixed(with: Vector(0.78, 0.60, 0.36), appearance.hairTone)
        key = Vector(0.75 * appearance.lightSide, 0.55, 0.85).unit
    }

    private static func skin(_ tone: Float) -> Vector {
        let stops = [
            Vector(0.96, 0.80, 0.71), Vector(0.90, 0.69, 0.56), Vector(0.76, 0.54, 0.40), Vector(0.55, 0.36, 0.25),
            Vector(0.34, 0.22, 0.16),
        ]
        let place = max(0, min(0.9999, tone)) * Float(stops.count - 1)
        let index = Int(place)
        return stops[index].mixed(with: stops[index + 1], place - Float(index))
    }

    /// The colour of a point; negative where nothing is seen of it.
    @inline(__always)
    func colour(_ point: Vector, _ normal: Vector, _ material: Material) -> Vector {
        var base: Vector
        var shine: Float = 0
        var softness: Float = 0.25
        switch material {
        case .skin:
            base = skin
            shine = 0.10
        case .palm:
            base = palm
            shine = 0.06
        case .face:
            base = face.colour(at: head.axes.into(point - head.centre), skin: skin, lips: lips, hair: hair)
            shine = 0.10
        case .hair:
            let own = head.axes.into(point - head.centre)
            guard face.hasHair(at: own, style: appearance.hair) else { return Vector(repeating: -1) }
            // Strands.
            base = hair * (0.85 + 0.25 * sine(own.x * 5 + own.y * 1.5))
            shine = 0.15
            softness = 0.1
        case .lock:
            base = hair * (0.85 + 0.25 * sine(point.x * 5 + point.y * 0.6))
            shine = 0.15
            softness = 0.1
        case .cloth:
            base = Self.shirts[appearance.shirt % Self.shirts.count]
            softness = 0.15
        case .cup: base = Vector(0.85, 0.85, 0.88)
        case .frame: base = Vector(0.08, 0.08, 0.09)
        }
        return lit(base, normal, shine: shine, softness: softness)
    }

    @inline(__always)
    private func lit(_ base: Vector, _ normal: Vector, shine: Float, softness: Float) -> Vector {
        // Light goes a little round the edge in skin.
        let facing = (normal.dot(key) + softness) / (1 + softness)
        let diffuse = max(0, facing)
        let sky = 0.5 + 0.5 * normal.y
        // What turns away from the camera is darker, as if light had less way in.
        let rim = 0.55 + 0.45 * smoothStep(0, 0.75, normal.z)
        let half = (key + Vector(0, 0, 1)).unit
        let gloss = max(0, normal.dot(half))
        let spark = gloss * gloss * gloss * gloss
        let light = (0.30 + 0.18 * sky + 0.66 * diffuse) * rim
        let colour = base * light + Vector(repeating: shine * spark * spark * spark)
        return colour * (appearance.light * (1 - 0.65 * appearance.backlight))
    }
}
