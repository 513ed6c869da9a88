/// Makes decoded pictures small and red, green and blue, by area: what is left out has its share in what stays, so that
/// noise gets less and thin lines do not go.
///
/// Keeps memory and weights for the sizes that it saw last: one a camera.
public struct PictureScaler: Sendable {
    private var colour: ColourScaler?
    private var luma: LumaScaler?

    public init() {}

    /// A picture in red, green and blue (BT.601), at most `width` wide and never larger than it is, of the same shape.
    /// - Parameter width: in pixels; less than 1 counts as 1.
    public mutating func rgb(_ picture: I420Picture, width: Int) -> RGBPicture {
        let sizes = ScaledSizes(picture, width: width)
        var scaler = colour.take().flatMap { $0.sizes == sizes ? $0 : nil } ?? ColourScaler(sizes)
        defer { colour = scaler }
        return scaler.converted(picture)
    }

    /// A picture's luma as means of cells that cover all of it, whatever its shape.
    /// - Parameters: less than 1 counts as 1, more than ``PicturePool/greatestSide`` as that.
    public mutating func luma(_ picture: I420Picture, columns: Int, rows: Int) -> LumaGrid {
        let cells = 1...PicturePool.greatestSide
        let sizes = ScaledSizes(
            width: picture.width, height: picture.height, toWidth: columns.clamped(to: cells),
            toHeight: rows.clamped(to: cells))
        var scaler = luma.take().flatMap { $0.sizes == sizes ? $0 : nil } ?? LumaScaler(sizes)
        defer { luma = scaler }
        return scaler.grid(of: picture)
    }
}

/// Means of luma over a picture's cells, row by row.
public struct LumaGrid: Hashable, Sendable {
    public var columns: Int
    public var rows: Int
    /// 0…255 from black to white, whatever range the picture's samples had.
    public var cells: [Float]

    public init(columns: Int, rows: Int, cells: [Float]) {
        self.columns = columns
        self.rows = rows
        self.cells = cells
    }
}

/// From which size to which.
struct ScaledSizes: Hashable {
    var width: Int
    var height: Int
    var toWidth: Int
    var toHeight: Int
}

extension ScaledSizes {
    /// - Parameter width: at most.
    init(_ picture: I420Picture, width: Int) {
        let toWidth = width.clamped(to: 1...picture.width)
        let toHeight = (picture.height * toWidth * 2 + picture.width) / (picture.width * 2)
        self.init(
            width: picture.width, height: picture.height, toWidth: toWidth,
            toHeight: toHeight.clamped(to: 1...picture.height))
    }
}

extension Int {
    fileprivate func clamped(to bounds: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, bounds.lowerBound), bounds.upperBound)
    }
}

/// One picture size to one grid.
private struct LumaScaler: Sendable {
    let sizes: ScaledSizes
    private var plane: PlaneScaler

    init(_ sizes: ScaledSizes) {
        self.sizes = sizes
        plane = PlaneScaler(width: sizes.width, height: sizes.height, toWidth: sizes.toWidth, toHeight: sizes.toHeight)
    }

    mutating func grid(of picture: I420Picture) -> LumaGrid {
        let (columns, rows) = (sizes.toWidth, sizes.toHeight)
        let colours = ColourConversion(picture.range)
        let cells = [Float](unsafeUninitializedCapacity: columns * rows) { cells, count in
            guard let start = cells.baseAddress else { return }
            picture.withPlanes { planes in
                for row in 0..<rows { plane.write(row: row, of: planes.y, into: start + row * columns) }
            }
            count = columns * rows
            for index in 0..<count { start[index] = colours.luma(start[index]) }
        }
        return LumaGrid(columns: columns, rows: rows, cells: cells)
    }
}
