import SansIO

/// Where blocks of a file's sound belong in time: they follow each other, leave a short hole that is silence, or one so
/// long that nothing is known of it.
struct SoundRun {
    struct Place: Hashable {
        /// Since when nothing was to be heard, where that is news.
        var absentSince: Instant?
        /// Samples of silence before the block.
        var silence = 0
        /// Samples at its beginning that the block before had already.
        var dropped = 0
        /// Of the first sample that counts, silence included.
        var start: Instant
    }

    /// How far a block may be off: files round their times.
    static let tolerance: Duration = .milliseconds(40)
    /// In a room a track without packets counts as absent after this time, see `AudioReceiverConfiguration.absenceAfter`.
    static let longestHole: Duration = .seconds(2)
    static let sampleRate: Int64 = 16_000

    /// Where the sound that came ends.
    private(set) var end: Instant?

    /// - Parameters:
    ///   - count: samples in the block.
    ///   - start: when the file says that the block begins.
    mutating func place(count: Int, at start: Instant) -> Place {
        guard let end else {
            self.end = start + Self.duration(count)
            return Place(start: start)
        }
        let hole = start - end
        var place = Place(start: end)
        if hole > Self.longestHole {
            (place.absentSince, place.start) = (end, start)
        } else if hole > Self.tolerance {
            place.silence = Int(hole.wholeNanoseconds * Self.sampleRate / 1_000_000_000)
        } else if hole < .zero - Self.tolerance {
            place.dropped = Int(clamping: min((.zero - hole).wholeNanoseconds / Self.sampleNanoseconds, Int64(count)))
        }
        self.end = place.start + Self.duration(place.silence + count - place.dropped)
        return place
    }

    private static let sampleNanoseconds = 1_000_000_000 / sampleRate

    private static func duration(_ samples: Int) -> Duration { .nanoseconds(Int64(samples) * sampleNanoseconds) }
}
