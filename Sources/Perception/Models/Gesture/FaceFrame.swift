import Perception
import Pictures

/// A place in a picture in pixels.
struct PixelPoint: Hashable {
    var x: Float
    var y: Float

    init(x: Float, y: Float) {
        self.x = x
        self.y = y
    }

    init(_ point: PicturePoint, _ size: PixelSize) {
        self.init(x: point.x * size.width, y: point.y * size.height)
    }

    func distance(_ other: PixelPoint) -> Float {
        let (across, down) = (x - other.x, y - other.y)
        return (across * across + down * down).squareRoot()
    }

    static func mean(_ points: some Collection<PixelPoint>) -> PixelPoint {
        let count = Float(max(points.count, 1))
        return PixelPoint(x: points.reduce(0) { $0 + $1.x } / count, y: points.reduce(0) { $0 + $1.y } / count)
    }
}

/// Of the picture that models look at, in pixels.
struct PixelSize: Hashable {
    var width: Float
    var height: Float
}

/// Where a face is, and how large: what everything else is measured by. See `HandScores` for its units.
struct FaceFrame: Hashable {
    /// Of the box, in pixels.
    var centre: PixelPoint
    var width: Float
    var height: Float
    /// Of the eyes.
    var eyeLine: Float

    init(centre: PixelPoint, width: Float, height: Float, eyeLine: Float) {
        self.centre = centre
        self.width = width
        self.height = height
        self.eyeLine = eyeLine
    }

    /// - Returns: nil where there is nothing to measure by.
    init?(_ detection: Detection, _ size: PixelSize) {
        let (top, bottom) = (PixelPoint(detection.topLeft, size), PixelPoint(detection.bottomRight, size))
        guard detection.keyPoints.count >= 2, bottom.x - top.x >= 1, bottom.y - top.y >= 1 else { return nil }
        let eyes = detection.keyPoints[..<2].map { PixelPoint($0, size) }
        self.init(
            centre: .mean([top, bottom]), width: bottom.x - top.x, height: bottom.y - top.y,
            eyeLine: PixelPoint.mean(eyes).y)
    }

    /// Of a detector whose boxes are tighter, as the other's would be.
    init?(far detection: Detection, _ size: PixelSize) {
        self.init(detection, size)
        let side = 1.25 * max(width, height)
        (width, height) = (side, side)
        centre.y = eyeLine + (0.5 - 0.37) * side
    }

    func moved(x: Float, y: Float) -> FaceFrame {
        var other = self
        other.centre.x += x
        other.centre.y += y
        other.eyeLine += y
        return other
    }

    /// To the side, in widths of the box.
    func u(_ point: PixelPoint) -> Float { (point.x - centre.x) / width }
    /// Down from the line of the eyes, in heights of the box.
    func v(_ point: PixelPoint) -> Float { (point.y - eyeLine) / height }

    /// How far a hand is from the face it may belong to.
    func distance(_ point: PixelPoint) -> Float {
        let (across, down) = (u(point), v(point) - 0.1)
        return (across * across + down * down).squareRoot()
    }

    /// What two boxes have in common, as a share of what they cover together.
    func overlap(_ other: FaceFrame) -> Float {
        let across =
            min(centre.x + width / 2, other.centre.x + other.width / 2)
            - max(centre.x - width / 2, other.centre.x - other.width / 2)
        let down =
            min(centre.y + height / 2, other.centre.y + other.height / 2)
            - max(centre.y - height / 2, other.centre.y - other.height / 2)
        guard across > 0, down > 0 else { return 0 }
        return across * down / (width * height + other.width * other.height - across * down)
    }

    mutating func scale(_ across: Float, _ down: Float) {
        centre = PixelPoint(x: centre.x * across, y: centre.y * down)
        (width, height, eyeLine) = (width * across, height * down, eyeLine * down)
    }

    /// Goes a share of the way to another.
    mutating func follow(_ other: FaceFrame, share: Float) {
        centre.x += share * (other.centre.x - centre.x)
        centre.y += share * (other.centre.y - centre.y)
        width += share * (other.width - width)
        height += share * (other.height - height)
        eyeLine += share * (other.eyeLine - eyeLine)
    }
}
