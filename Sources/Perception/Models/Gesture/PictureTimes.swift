import SansIO

/// How far apart a camera's pictures are: the shorter of the last two gaps, so that one that stalled says nothing.
struct PictureTimes {
    private var last: Instant?
    private var gaps: (last: Duration, before: Duration)?

    mutating func receive(_ now: Instant) {
        if let last {
            let gap = max(now - last, .zero)
            gaps = (gap, gaps?.last ?? gap)
        }
        last = now
    }

    /// Zero while there was one picture alone.
    var interval: Duration { gaps.map { min($0.last, $0.before) } ?? .zero }
}
