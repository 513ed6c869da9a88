import SansIO

/// How a recording's time lies on the paper: in rows, one below the other, as wide as can be read.
struct PlotTime {
    /// Of one row.
    let span: Duration
    let rows: Int
    /// Where time begins, and how wide a row is, in pixels.
    let left: Double
    let width: Double

    /// Up to this length one row is enough.
    private static let longestRow = Duration.seconds(300)
    /// Longer ones: how long a row is, up to how many rows.
    private static let rowSpans: [(span: Duration, most: Int)] = [
        (.seconds(300), 4), (.seconds(600), 6), (.seconds(900), 8), (.seconds(1_800), 8), (.seconds(3_600), 24),
    ]
    private static let shortestRow = Duration.seconds(5)
    private static let tickSteps: [Int] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600]
    /// Room for a tick's text, in pixels.
    private static let tickRoom = 64.0

    init(_ duration: Duration, left: Double, width: Double) {
        (self.left, self.width) = (left, width)
        if duration <= Self.longestRow {
            (span, rows) = (max(duration, Self.shortestRow), 1)
            return
        }
        let needed = { (span: Duration) in Int((duration.inSeconds / span.inSeconds).rounded(.up)) }
        let fit = Self.rowSpans.first { needed($0.span) <= $0.most }
        // Beyond a day rows are longer still.
        span = fit?.span ?? .seconds(duration.inSeconds / 24)
        rows = fit.map { needed($0.span) } ?? 24
    }

    func start(ofRow row: Int) -> Instant { .zero + span * row }

    /// What of a row's time something takes; nil where it is in another.
    func part(_ time: Range<Instant>, ofRow row: Int) -> Range<Instant>? {
        let (start, end) = (start(ofRow: row), start(ofRow: row + 1))
        guard time.upperBound >= start, time.lowerBound < end else { return nil }
        return max(time.lowerBound, start)..<min(time.upperBound, end)
    }

    func isIn(row: Int, _ at: Instant) -> Bool { part(at..<at, ofRow: row) != nil && at < start(ofRow: row + 1) }

    func x(_ at: Instant, inRow row: Int) -> Double {
        left + (at - start(ofRow: row)).inSeconds / span.inSeconds * width
    }

    /// The pixel column of a time, from 0.
    func column(_ at: Instant, inRow row: Int) -> Int { Int(x(at, inRow: row) - left) }

    /// The times that are written below a row.
    func ticks(ofRow row: Int) -> [Instant] {
        let wanted = span.inSeconds * Self.tickRoom / width
        let step = Self.tickSteps.first { Double($0) >= wanted } ?? Int(wanted.rounded(.up))
        let (first, last) = (start(ofRow: row), start(ofRow: row + 1))
        var at = Int(((first - .zero).inSeconds / Double(step)).rounded(.up)) * step
        var ticks: [Instant] = []
        while .zero + .seconds(at) <= last {
            ticks.append(.zero + .seconds(at))
            at += step
        }
        return ticks
    }
}
