/// Lengths are in centimetres: x to the right of the picture, y up, z towards the camera.
typealias Vector = SIMD3<Float>

extension SIMD3<Float> {
    func dot(_ other: Vector) -> Float { (self * other).sum() }

    func cross(_ other: Vector) -> Vector {
        Vector(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    var length: Float { dot(self).squareRoot() }

    /// Of length 1; a vector of no length stays as it is.
    var unit: Vector {
        let length = self.length
        return length > 1e-6 ? self / length : self
    }

    func mixed(with other: Vector, _ share: Float) -> Vector { self + (other - self) * share }
}

/// Three axes at right angles: where a thing's own x, y and z point.
struct Frame {
    var x: Vector
    var y: Vector
    var z: Vector

    static let upright = Frame(x: Vector(1, 0, 0), y: Vector(0, 1, 0), z: Vector(0, 0, 1))

    init(x: Vector, y: Vector, z: Vector) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// - Parameters:
    ///   - y: where its y axis points.
    ///   - z: where its z axis points, as nearly as that allows.
    init(along y: Vector, facing z: Vector) {
        self.y = y.unit
        let side = self.y.cross(z)
        x = (side.length > 1e-4 ? side : self.y.cross(Vector(1, 0, 0.1))).unit
        self.z = x.cross(self.y)
    }

    /// Turned about y, then x, then z; in radians.
    init(yaw: Float, pitch: Float, roll: Float) {
        let (sy, cy) = sineAndCosine(yaw)
        let (sp, cp) = sineAndCosine(pitch)
        let (sr, cr) = sineAndCosine(roll)
        func turn(_ v: Vector) -> Vector {
            let a = Vector(cy * v.x + sy * v.z, v.y, cy * v.z - sy * v.x)
            let b = Vector(a.x, cp * a.y - sp * a.z, sp * a.y + cp * a.z)
            return Vector(cr * b.x - sr * b.y, sr * b.x + cr * b.y, b.z)
        }
        self.init(x: turn(Vector(1, 0, 0)), y: turn(Vector(0, 1, 0)), z: turn(Vector(0, 0, 1)))
    }

    /// What the vector is in the surroundings.
    func out(_ v: Vector) -> Vector { x * v.x + y * v.y + z * v.z }

    /// What a vector of the surroundings is in these axes.
    func into(_ v: Vector) -> Vector { Vector(x.dot(v), y.dot(v), z.dot(v)) }

    /// Another frame, given in these axes.
    func out(_ frame: Frame) -> Frame { Frame(x: out(frame.x), y: out(frame.y), z: out(frame.z)) }
}

/// Sine and cosine by polynomials, the same on every machine.
func sineAndCosine(_ angle: Float) -> (sine: Float, cosine: Float) { (sine(angle), sine(angle + .pi / 2)) }

func sine(_ angle: Float) -> Float {
    let turns = angle / (2 * .pi)
    var x = (turns - turns.rounded()) * 2 * .pi
    if x > .pi / 2 { x = .pi - x }
    if x < -.pi / 2 { x = -.pi - x }
    let square = x * x
    return x * (1 + square * (-1 / 6 + square * (1 / 120 + square * (-1 / 5040 + square / 362_880))))
}

/// 0 below `low`, 1 above `high`, smooth between.
@inline(__always)
func smoothStep(_ low: Float, _ high: Float, _ x: Float) -> Float {
    let t = max(0, min(1, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)
}

/// A bell of height 1 at 0, nearly 0 from 1 on.
@inline(__always)
func bell(_ x: Float) -> Float {
    let rest = max(0, 1 - x * x)
    return rest * rest
}
