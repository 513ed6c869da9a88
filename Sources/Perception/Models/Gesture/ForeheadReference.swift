import Perception

/// How one forehead usually looks: a small patch of luma, against which it is seen whether something covers it.
struct ForeheadReference {
    static let columns = 14
    static let rows = 10

    /// A patch without its mean.
    struct Patch {
        fileprivate var cells: [Float]
        fileprivate var energy: Float

        fileprivate init(_ cells: [Float]) {
            let mean = cells.reduce(0, +) / Float(max(cells.count, 1))
            self.cells = cells.map { $0 - mean }
            energy = self.cells.reduce(0) { $0 + $1 * $1 }
        }

        /// -1…1; 0 where one of the two is without features.
        func likeness(_ other: Patch) -> Float {
            let scale = (energy * other.energy).squareRoot()
            guard scale > 0 else { return 0 }
            return zip(cells, other.cells).reduce(0) { $0 + $1.0 * $1.1 } / scale
        }
    }

    private var usual: Patch?
    private var updates = 0

    /// Between the hairline and the eyes of a face: |u| up to .35, v from -.42 to .05.
    static func patch(of face: FaceFrame, in planes: WorkingPlanes) -> Patch {
        var cells = Array(repeating: 0 as Float, count: columns * rows)
        let (left, width) = (face.centre.x - 0.35 * face.width, 0.7 * face.width / Float(columns))
        let (top, height) = (face.eyeLine - 0.42 * face.height, 0.47 * face.height / Float(rows))
        for row in 0..<rows {
            for column in 0..<columns {
                cells[row * columns + column] = planes.meanLuma(
                    from: left + Float(column) * width, to: left + Float(column + 1) * width,
                    above: top + Float(row) * height, below: top + Float(row + 1) * height)
            }
        }
        return Patch(blurred(cells))
    }

    /// Learns how the forehead looks uncovered.
    mutating func learn(_ patch: Patch, share: Float) {
        updates += 1
        guard let old = usual else {
            usual = patch
            return
        }
        usual = Patch(zip(old.cells, patch.cells).map { $0 + share * ($1 - $0) })
    }

    mutating func forget() { (usual, updates) = (nil, 0) }

    /// Whether it is known how the forehead looks.
    func isKnown(after enough: Int) -> Bool { usual != nil && updates >= enough }

    /// Nil until it is known how the forehead looks.
    func likeness(_ patch: Patch, after enough: Int) -> Float? {
        isKnown(after: enough) ? usual.map { $0.likeness(patch) } : nil
    }

    /// By half a cell, so that a face that shifts a little looks the same.
    private static func blurred(_ cells: [Float]) -> [Float] {
        let (side, middle): (Float, Float) = (0.1065, 0.787)
        func along(_ cells: [Float], _ step: Int, _ isFirst: (Int) -> Bool, _ isLast: (Int) -> Bool) -> [Float] {
            cells.indices.map { index in
                let before = isFirst(index) ? cells[index] : cells[index - step]
                let after = isLast(index) ? cells[index] : cells[index + step]
                return middle * cells[index] + side * (before + after)
            }
        }
        let rowwise = along(cells, 1, { $0 % columns == 0 }, { $0 % columns == columns - 1 })
        return along(rowwise, columns, { $0 < columns }, { $0 >= columns * (rows - 1) })
    }
}

extension WorkingPlanes {
    /// Of the pixels in a rectangle, brought into the picture: at least one.
    fileprivate func meanLuma(from left: Float, to right: Float, above top: Float, below bottom: Float) -> Float {
        func span(_ from: Float, _ to: Float, _ count: Int) -> Range<Int> {
            // Written so that what is no number is the edge.
            let start = from > 0 ? Int(min(from, Float(count - 1))) : 0
            let end = to > 0 ? Int(min(to.rounded(.up), Float(count))) : 0
            return start..<max(end, start + 1)
        }
        let (columns, rows) = (span(left, right, width), span(top, bottom, height))
        var sum = 0
        y.withUnsafeBufferPointer { y in
            for row in rows { for column in columns { sum += Int(y[row * width + column]) } }
        }
        return Float(sum) / Float(columns.count * rows.count)
    }
}
