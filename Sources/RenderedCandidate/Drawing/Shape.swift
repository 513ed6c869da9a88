/// What a surface is made of.
enum Material: UInt8 {
    case skin, face, palm, hair, lock, cloth, cup, frame
}

/// A solid that is drawn.
enum Shape {
    /// A ball that is stretched along three axes.
    case ellipsoid(centre: Vector, radii: Vector, axes: Frame, Material)
    /// Two balls and what a tight skin around them encloses.
    case cone(from: Vector, to: Vector, fromRadius: Float, toRadius: Float, Material)
}

/// An ellipsoid, prepared for rays along z.
struct EllipsoidRays {
    let centre: Vector
    let half: SIMD2<Float>
    private let x: Vector
    private let y: Vector
    private let z: Vector
    private let square: Float

    init(centre: Vector, radii: Vector, axes: Frame) {
        self.centre = centre
        // Columns of the map to the unit ball.
        x = Vector(axes.x.x, axes.y.x, axes.z.x) / radii
        y = Vector(axes.x.y, axes.y.y, axes.z.y) / radii
        z = Vector(axes.x.z, axes.y.z, axes.z.z) / radii
        square = z.dot(z)
        let scaled = (axes.x * radii.x, axes.y * radii.y, axes.z * radii.z)
        half = SIMD2(
            (scaled.0.x * scaled.0.x + scaled.1.x * scaled.1.x + scaled.2.x * scaled.2.x).squareRoot(),
            (scaled.0.y * scaled.0.y + scaled.1.y * scaled.1.y + scaled.2.y * scaled.2.y).squareRoot())
    }

    /// Where the ray meets it nearest to the camera.
    @inline(__always)
    func hit(_ px: Float, _ py: Float) -> (depth: Float, normal: Vector)? {
        let at = x * (px - centre.x) + y * (py - centre.y)
        let middle = at.dot(z)
        let rest = middle * middle - square * (at.dot(at) - 1)
        guard rest > 0 else { return nil }
        let depth = (rest.squareRoot() - middle) / square
        let q = at + z * depth
        return (centre.z + depth, Vector(x.dot(q), y.dot(q), z.dot(q)).unit)
    }
}

/// A round cone, prepared for rays along z.
struct ConeRays {
    let a: Vector
    let b: Vector
    let ra: Float
    let rb: Float
    private let axis: Vector
    private let m0: Float
    private let rr: Float
    private let d2: Float

    init(from a: Vector, to b: Vector, fromRadius ra: Float, toRadius rb: Float) {
        self.a = a
        self.b = b
        self.ra = ra
        self.rb = rb
        axis = b - a
        m0 = axis.dot(axis)
        rr = ra - rb
        d2 = m0 - rr * rr
    }

    @inline(__always)
    func hit(_ px: Float, _ py: Float) -> (depth: Float, normal: Vector)? {
        // The ray starts in the plane of `a` and goes away from the camera.
        let oa = Vector(px - a.x, py - a.y, 0)
        let m1 = axis.dot(oa)
        let m2 = -axis.z
        let m5 = oa.dot(oa)
        let k2 = d2 - m2 * m2
        if d2 > 0, k2 > 1e-4 {
            let k1 = m2 * (rr * ra - m1)
            let k0 = d2 * m5 - m1 * m1 + 2 * m1 * rr * ra - m0 * ra * ra
            let rest = k1 * k1 - k0 * k2
            guard rest >= 0 else { return nil }
            let t = (-rest.squareRoot() - k1) / k2
            let along = m1 - ra * rr + t * m2
            if along > 0, along < d2 {
                return (a.z - t, (d2 * (oa + Vector(0, 0, -t)) - axis * along).unit)
            }
        }
        return ends(oa)
    }

    private func ends(_ oa: Vector) -> (depth: Float, normal: Vector)? {
        var best: (depth: Float, normal: Vector)?
        let first = ra * ra - oa.x * oa.x - oa.y * oa.y
        if first > 0 {
            let depth = first.squareRoot()
            best = (a.z + depth, Vector(oa.x, oa.y, depth) / ra)
        }
        let ob = Vector(oa.x + a.x - b.x, oa.y + a.y - b.y, 0)
        let second = rb * rb - ob.x * ob.x - ob.y * ob.y
        if second > 0 {
            let depth = second.squareRoot()
            if best.map({ b.z + depth > $0.depth }) ?? true { best = (b.z + depth, Vector(ob.x, ob.y, depth) / rb) }
        }
        return best
    }
}
