import Perception
import Pictures

/// What moves in a camera's pictures, without a model: their luma in 48 x 27 cells, against the picture before and against
/// the last one that was looked at.
///
/// A shaking camera moves every edge a little, so a cell has changed only by more than half of the step to its neighbours;
/// a change of light moves all cells alike, so the median of all is taken off.
struct MovementGrid {
    static let columns = 48
    static let rows = 27
    private static let count = columns * rows

    /// What has changed of the cells in a mask.
    struct Changes {
        /// Since the picture before.
        var sincePicture = 0
        /// Since the last look.
        var sinceLook = 0
    }

    private var now = Array(repeating: 0 as Float, count: count)
    private var before: [Float] = []
    private var atLook: [Float] = []
    private var noise = Array(repeating: firstNoise, count: count)
    private(set) var changedSincePicture = Array(repeating: false, count: count)
    private(set) var changedSinceLook = Array(repeating: false, count: count)
    private var comparison = CellComparison()

    private static let firstNoise: Float = 2
    private static let mostNoise: Float = 12

    /// - Parameter gain: by which the picture is brightened.
    mutating func receive(_ picture: I420Picture, gain: Float, _ configuration: GestureSearchConfiguration) {
        let hasBefore = !before.isEmpty
        swap(&now, &before)
        if now.isEmpty { now = Array(repeating: 0, count: Self.count) }
        average(picture)
        if !hasBefore {
            before = now
            atLook = now
        }
        comparison.compare(now, with: before, noise, gain, configuration, into: &changedSincePicture)
        comparison.follow(&noise, share: configuration.noiseFollow, most: Self.mostNoise)
        comparison.compare(now, with: atLook, noise, gain, configuration, into: &changedSinceLook)
    }

    /// What there is now was looked at.
    mutating func lookedAt() { atLook = now }

    /// How many cells of the whole picture have changed since the picture before.
    var changedCells: Float { Float(changedSincePicture.count { $0 }) }

    /// And how many since the last look.
    var changedCellsSinceLook: Float { Float(changedSinceLook.count { $0 }) }

    /// Next to nothing has changed, in the faces either: a hand on a face changes few cells, and skin is like skin.
    var isAtRest: Bool { changedCells <= Self.restCells && changedCellsSinceLook <= Self.restCells }

    private static let restCells: Float = 1

    /// How much has changed of the cells for which `isMeant` holds.
    func changes(in mask: [Bool]) -> Changes {
        var changes = Changes()
        for index in 0..<Self.count where mask[index] {
            if changedSincePicture[index] { changes.sincePicture += 1 }
            if changedSinceLook[index] { changes.sinceLook += 1 }
        }
        return changes
    }

    /// Luma, 0…255, averaged over each cell.
    private mutating func average(_ picture: I420Picture) {
        let scale = LumaScale(picture.range)
        picture.withPlanes { planes in
            let plane = planes.y
            // Lines are added up first, which the compiler does for many columns at once.
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: plane.width) { sums in
                for row in 0..<Self.rows {
                    let (top, bottom) = Self.span(row, of: Self.rows, in: plane.height)
                    sums.update(repeating: 0)
                    for line in top..<bottom {
                        let samples = plane.samples + line * plane.stride
                        for place in 0..<plane.width { sums[place] &+= Int32(samples[place]) }
                    }
                    for column in 0..<Self.columns {
                        let (left, right) = Self.span(column, of: Self.columns, in: plane.width)
                        let sum = sums[left..<right].reduce(0, &+)
                        now[row * Self.columns + column] = scale.full(
                            Float(sum) / Float((bottom - top) * (right - left)))
                    }
                }
            }
        }
    }

    /// The samples of a cell: at least one.
    private static func span(_ index: Int, of cells: Int, in samples: Int) -> (Int, Int) {
        let start = min(index * samples / cells, samples - 1)
        return (start, max((index + 1) * samples / cells, start + 1))
    }
}

/// Compares the cells of two pictures, in memory that is used again.
private struct CellComparison {
    private static let count = MovementGrid.columns * MovementGrid.rows

    /// By how much each cell differs, all that they have in common taken off.
    private var differences = Array(repeating: 0 as Float, count: count)
    /// To find that.
    private var room = Array(repeating: 0 as Float, count: count)

    /// - Parameter changed: says of each cell whether it changed.
    mutating func compare(
        _ now: [Float], with reference: [Float], _ noise: [Float], _ gain: Float,
        _ configuration: GestureSearchConfiguration, into changed: inout [Bool]
    ) {
        let edge = configuration.cellEdge * gain
        now.withUnsafeBufferPointer { now in
            reference.withUnsafeBufferPointer { reference in
                differences.withUnsafeMutableBufferPointer { differences in
                    for index in 0..<Self.count { differences[index] = gain * (now[index] - reference[index]) }
                    let common = room.withUnsafeMutableBufferPointer { room in
                        _ = room.update(fromContentsOf: differences)
                        return middle(of: room)
                    }
                    for index in 0..<Self.count {
                        let difference = abs(differences[index] - common)
                        differences[index] = difference
                        var limit = max(configuration.cellStep, configuration.cellNoise * noise[index])
                        if difference > limit {
                            limit = max(limit, edge * max(Self.step(now, index), Self.step(reference, index)))
                        }
                        changed[index] = difference > limit
                    }
                }
            }
        }
    }

    /// Has the noise of cells follow what they differed by last.
    func follow(_ noise: inout [Float], share: Float, most: Float) {
        for index in 0..<Self.count { noise[index] += share * (min(differences[index], most) - noise[index]) }
    }

    /// The largest step from a cell to one of its four neighbours.
    private static func step(_ cells: UnsafeBufferPointer<Float>, _ index: Int) -> Float {
        let (columns, rows) = (MovementGrid.columns, MovementGrid.rows)
        let (row, column) = (index / columns, index % columns)
        let cell = cells[index]
        var step: Float = 0
        if column > 0 { step = max(step, abs(cells[index - 1] - cell)) }
        if column + 1 < columns { step = max(step, abs(cells[index + 1] - cell)) }
        if row > 0 { step = max(step, abs(cells[index - columns] - cell)) }
        if row + 1 < rows { step = max(step, abs(cells[index + columns] - cell)) }
        return step
    }
}

/// What stands in the middle once the numbers are in order, found without putting them all in order.
/// - Parameter numbers: are left in another order.
func middle(of numbers: UnsafeMutableBufferPointer<Float>) -> Float {
    guard !numbers.isEmpty else { return 0 }
    let place = numbers.count / 2
    var (first, last) = (0, numbers.count - 1)
    while first < last {
        let pivot = numbers[(first + last) / 2]
        var (left, right) = (first, last)
        while left <= right {
            while numbers[left] < pivot { left += 1 }
            while pivot < numbers[right] { right -= 1 }
            if left <= right {
                numbers.swapAt(left, right)
                (left, right) = (left + 1, right - 1)
            }
        }
        if place <= right { last = right } else if place >= left { first = left } else { break }
    }
    return numbers[place]
}
