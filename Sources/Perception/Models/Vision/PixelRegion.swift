import Pictures

/// A rectangle of a picture, turned, in pixels. What models look at is cut out along it.
struct PixelRegion {
    var centreX: Float
    var centreY: Float
    var width: Float
    var height: Float
    /// In radians, clockwise on the screen.
    var rotation: Float

    /// The whole picture, made square by what lies above and below, or left and right of it.
    init(letterboxed picture: RGBPicture) {
        let side = Float(max(picture.width, picture.height))
        (centreX, centreY) = (0.5 * Float(picture.width), 0.5 * Float(picture.height))
        (width, height, rotation) = (side, side, 0)
    }

    /// - Throws: ``VisionModelError/badRegion`` where the region is no rectangle, or far outside of any picture.
    init(_ region: PictureRegion, in picture: RGBPicture) throws(VisionModelError) {
        guard region.isUsable else { throw .badRegion }
        centreX = region.centre.x * Float(picture.width)
        centreY = region.centre.y * Float(picture.height)
        width = region.width * Float(picture.width)
        height = region.height * Float(picture.height)
        rotation = region.rotation
    }

    /// Where the crop's corners lie, as OpenCV computes them: the coordinates of the crop's (0, 0), and a step of one
    /// crop-th of `side` along its rows and its columns.
    func grid(side: Int) -> (origin: SIMD2<Double>, across: SIMD2<Double>, down: SIMD2<Double>) {
        let a = Float(sine(rotation)) * 0.5
        let b = Float(cosine(rotation)) * 0.5
        let bottomLeft = SIMD2(centreX - a * height - b * width, centreY + b * height - a * width)
        let topLeft = SIMD2(centreX + a * height - b * width, centreY - b * height - a * width)
        let topRight = SIMD2(2 * centreX - bottomLeft.x, 2 * centreY - bottomLeft.y)
        let origin = SIMD2<Double>(topLeft)
        return (
            origin, (SIMD2<Double>(topRight) - origin) / Double(side),
            (SIMD2<Double>(bottomLeft) - origin) / Double(side)
        )
    }
}

extension PictureRegion {
    /// Whether a model can look there: a rectangle of finite numbers, within 64 pictures' sides.
    var isUsable: Bool {
        let farthest: Float = 64
        guard centre.x.isFinite, centre.y.isFinite, width.isFinite, height.isFinite, rotation.isFinite else {
            return false
        }
        return abs(centre.x) <= farthest && abs(centre.y) <= farthest && width > 0 && height > 0 && width <= farthest
            && height <= farthest
    }
}
