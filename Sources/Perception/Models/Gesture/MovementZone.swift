import Perception
import Pictures

/// Where movement is worth a look: around faces, but not in them, where there is talking.
struct MovementZone {
    private(set) var mask: [Bool]
    /// How many cells must change for a movement, and for one that may be a hand.
    private(set) var needed: Float
    private(set) var big: Float

    /// The size of the picture that models look at, for the frames of faces are in its pixels.
    static func size(of picture: I420Picture, _ planes: WorkingPlanes) -> PixelSize {
        // Before the first picture there are no faces either.
        planes.width > 0 ? planes.size : PixelSize(width: Float(picture.width), height: Float(picture.height))
    }

    init(_ faces: [FaceFrame], _ size: PixelSize, _ configuration: GestureSearchConfiguration) {
        let (columns, rows) = (MovementGrid.columns, MovementGrid.rows)
        (needed, big) = (configuration.movedCells, configuration.bigCells)
        guard !faces.isEmpty else {
            mask = Array(repeating: true, count: columns * rows)
            return
        }
        let cell = PixelSize(width: size.width / Float(columns), height: size.height / Float(rows))
        let area = faces.map { $0.width * $0.height }.min().map { $0 / (cell.width * cell.height) } ?? 0
        needed = max(needed, configuration.movedArea * area)
        big = max(big, configuration.bigArea * area)
        mask = []
        mask.reserveCapacity(columns * rows)
        for row in 0..<rows {
            for column in 0..<columns {
                let point = PixelPoint(x: (Float(column) + 0.5) * cell.width, y: (Float(row) + 0.5) * cell.height)
                mask.append(Self.isWatched(point, faces, configuration))
            }
        }
    }

    private static func isWatched(
        _ point: PixelPoint, _ faces: [FaceFrame], _ configuration: GestureSearchConfiguration
    ) -> Bool {
        var isNear = false
        for face in faces {
            let (across, down) = (abs(face.u(point)), face.v(point))
            if across < 0.45, down > -0.1, down < 0.7 { return false }
            if across < configuration.zoneAcross, down < configuration.zoneBelow { isNear = true }
        }
        return isNear
    }
}
