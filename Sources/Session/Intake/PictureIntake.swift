import SansIO
import Wire

/// The pictures that one participant sends by data: which of them are looked at, and what is told of the others.
///
/// A picture counts by the time at which it was taken, as far as its client says so; an old one, or one out of its order,
/// is passed over without a word, for networks do that. What is too large, or too much, is answered.
struct PictureIntake: Sendable {
    enum Verdict: Sendable, Hashable {
        /// To be decoded, as taken at that time.
        case look(takenAt: Instant)
        /// Older than one that was looked at, or too old to say anything of now.
        case late
        /// More than are read; `isNews` where that has not been told since there was room.
        case excess(isNews: Bool)
        case refused(WireError)
    }

    /// A picture that was taken longer ago, by comparison with the fastest of the last half minute, is not looked at.
    static let oldest = Duration.seconds(3)
    /// Sequence numbers this far below the last are a client that begins anew, and not a late picture.
    private static let misorder = 64

    private var clock = CaptureClock()
    private var lastTaken: Timestamp?
    private var lastSequence: Int?

    mutating func receive(
        _ picture: ArrivedPicture, _ configuration: PictureConfiguration, _ budget: inout PictureBudget, at now: Instant
    ) -> Verdict {
        guard budget.take(picture.byteCount, configuration, at: now) else {
            return .excess(isNews: budget.tellExcess())
        }
        do throws(WireError) {
            try Self.check(picture, configuration)
            return try place(FrameAttributes(picture.attributes), at: now)
        } catch {
            return .refused(error)
        }
    }

    private static func check(_ picture: ArrivedPicture, _ configuration: PictureConfiguration) throws(WireError) {
        guard picture.mediaType.lowercased() == FrameMessage.mediaType else {
            throw WireError(.badPicture, "pictures are read as \(FrameMessage.mediaType) alone")
        }
        guard picture.byteCount <= configuration.maximumBytes else {
            throw WireError(.tooLarge, "a picture has at most \(configuration.maximumBytes) bytes")
        }
        guard picture.byteCount > 0 else { throw WireError(.badPicture, "there is no picture in it") }
    }

    /// The page was loaded anew, and may count from the beginning.
    mutating func beginAnew() { (lastTaken, lastSequence) = (nil, nil) }

    private mutating func place(_ attributes: FrameAttributes, at now: Instant) -> Verdict {
        guard isNewer(attributes) else { return .late }
        if let taken = attributes.capturedAt, let lastTaken, taken <= lastTaken {
            // The client's clock was put back.
            clock = CaptureClock()
        }
        lastTaken = attributes.capturedAt ?? lastTaken
        lastSequence = attributes.sequence ?? lastSequence
        guard let capturedAt = attributes.capturedAt else { return .look(takenAt: now) }
        let taken = clock.instant(of: capturedAt, arrivedAt: now)
        return now - taken > Self.oldest ? .late : .look(takenAt: taken)
    }

    /// By its number where that grew, else by the time at which it was taken, for a clock may be put back; without both every
    /// picture is newer.
    private func isNewer(_ attributes: FrameAttributes) -> Bool {
        if let sequence = attributes.sequence, let lastSequence, sequence > lastSequence { return true }
        if let taken = attributes.capturedAt, let lastTaken {
            // A clock that was put back, as on another machine, begins anew.
            return taken > lastTaken || lastTaken.milliseconds - taken.milliseconds > 60_000
        }
        guard let sequence = attributes.sequence, let lastSequence else { return true }
        return sequence > lastSequence || lastSequence - sequence >= Self.misorder
    }
}
