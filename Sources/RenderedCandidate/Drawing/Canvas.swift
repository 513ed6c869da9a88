import Pictures

/// Where shapes are drawn, each pixel by a ray along z, the nearest surface kept. Pixels are finer than the picture's.
struct Canvas {
    /// Rays a pixel of the picture, each way.
    static let fineness = 2

    let width: Int
    let height: Int
    /// Fine pixels a centimetre, and the fine pixel of the origin.
    private let scale: Float
    private let originX: Float
    private let originY: Float
    private var depths: [Float]
    private var colours: [Vector]

    /// - Parameters:
    ///   - width: of the picture.
    ///   - visibleHeight: centimetres from its top to its bottom.
    ///   - top: centimetres from the origin up to its top.
    init(width: Int, height: Int, visibleHeight: Float, top: Float) {
        self.width = width * Self.fineness
        self.height = height * Self.fineness
        scale = Float(self.height) / visibleHeight
        originX = Float(self.width) / 2
        originY = top * scale
        depths = Array(repeating: -.infinity, count: self.width * self.height)
        colours = Array(repeating: .zero, count: self.width * self.height)
    }

    mutating func clear() {
        for index in depths.indices { depths[index] = -.infinity }
    }

    /// - Parameter shade: the colour of a point of a surface, each part 0…1.
    mutating func draw(_ shape: Shape, shade: (Vector, Vector, Material) -> Vector) {
        switch shape {
        case .ellipsoid(let centre, let radii, let axes, let material):
            let rays = EllipsoidRays(centre: centre, radii: radii, axes: axes)
            fill(
                centre.x - rays.half.x...centre.x + rays.half.x, centre.y - rays.half.y...centre.y + rays.half.y,
                material, rays.hit, shade)
        case .cone(let a, let b, let ra, let rb, let material):
            let rays = ConeRays(from: a, to: b, fromRadius: ra, toRadius: rb)
            fill(
                min(a.x - ra, b.x - rb)...max(a.x + ra, b.x + rb), min(a.y - ra, b.y - rb)...max(a.y + ra, b.y + rb),
                material, rays.hit, shade)
        }
    }

    @inline(__always)
    private mutating func fill(
        _ xs: ClosedRange<Float>, _ ys: ClosedRange<Float>, _ material: Material,
        _ hit: (Float, Float) -> (depth: Float, normal: Vector)?, _ shade: (Vector, Vector, Material) -> Vector
    ) {
        let left = pixel(originX + xs.lowerBound * scale, width)
        let right = pixel(originX + xs.upperBound * scale + 1, width)
        let upper = pixel(originY - ys.upperBound * scale, height)
        let lower = pixel(originY - ys.lowerBound * scale + 1, height)
        guard left < right, upper < lower else { return }
        depths.withUnsafeMutableBufferPointer { depths in
            colours.withUnsafeMutableBufferPointer { colours in
                for row in upper..<lower {
                    let y = (originY - Float(row) - 0.5) / scale
                    for column in left..<right {
                        let x = (Float(column) + 0.5 - originX) / scale
                        let index = row * width + column
                        guard let (depth, normal) = hit(x, y), depth > depths[index] else { continue }
                        let colour = shade(Vector(x, y, depth), normal, material)
                        // What is hidden by its own shape has no colour here.
                        guard colour.x >= 0 else { continue }
                        depths[index] = depth
                        colours[index] = colour
                    }
                }
            }
        }
    }

    private func pixel(_ value: Float, _ count: Int) -> Int { Int(max(0, min(Float(count), value.rounded(.down)))) }

    /// The colour of a pixel of the picture over what is behind.
    @inline(__always)
    func colour(column: Int, row: Int, over background: Vector) -> Vector {
        var sum = Vector.zero
        for dy in 0..<Self.fineness {
            let start = (row * Self.fineness + dy) * width + column * Self.fineness
            for index in start..<start + Self.fineness {
                sum += depths[index] > -.infinity ? colours[index] : background
            }
        }
        return sum / Float(Self.fineness * Self.fineness)
    }
}
