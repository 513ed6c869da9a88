/// What is behind the person: painted once, since it does not move.
struct Backdrop {
    /// A colour a pixel of the picture, row after row.
    let colours: [Vector]

    init(_ appearance: Appearance, width: Int, height: Int) {
        var colours: [Vector] = []
        colours.reserveCapacity(width * height)
        let shape = Float(width) / Float(max(1, height))
        for row in 0..<height {
            let y = (Float(row) + 0.5) / Float(height)
            for column in 0..<width {
                let x = (Float(column) + 0.5) / Float(width)
                let colour = Self.colour(x, y, x * shape, appearance)
                    .mixed(with: Vector(1.08, 1.10, 1.12), 0.9 * appearance.backlight)
                // It is brighter where the light comes from.
                let side = 1 + 0.15 * appearance.lightSide * (2 * x - 1)
                colours.append(colour * (0.85 * side * appearance.light))
            }
        }
        self.colours = colours
    }

    private static func colour(_ x: Float, _ y: Float, _ wide: Float, _ appearance: Appearance) -> Vector {
        let wall = Vector(0.60, 0.64, 0.67) * (0.88 + 0.2 * y)
        switch appearance.background {
        case .plain: return wall
        case .shelves: return shelves(x, y, wide, wall)
        case .window:
            // Blurred as things far behind are.
            let pane = smoothStep(0.62, 0.65, x) * (1 - smoothStep(0.95, 0.98, x)) * (1 - smoothStep(0.55, 0.58, y))
            let bar = bell((x - 0.80) / 0.02)
            return wall.mixed(with: Vector(0.92, 0.95, 0.98), pane * (1 - bar))
        case .door:
            let leaf = smoothStep(0.08, 0.10, x) * (1 - smoothStep(0.28, 0.30, x)) * smoothStep(0.12, 0.14, y)
            return Vector(0.66, 0.62, 0.54).mixed(with: Vector(0.42, 0.33, 0.24), leaf)
        }
    }

    private static func shelves(_ x: Float, _ y: Float, _ wide: Float, _ wall: Vector) -> Vector {
        guard y < 0.75 else { return wall }
        let board = y * 4
        let inside = board - board.rounded(.down)
        if inside > 0.9 { return Vector(0.45, 0.34, 0.24) }
        let book = Int(wide * 22)
        var dice = Dice(seed: UInt64(book) &* 7 &+ UInt64(board))
        let tall = 0.25 + 0.25 * dice.next()
        guard inside > tall else { return wall * 0.72 }
        return Vector(0.25 + 0.4 * dice.next(), 0.25 + 0.35 * dice.next(), 0.25 + 0.35 * dice.next())
    }
}
