import SansIO

/// How many pictures of a participant are read, and how many bytes of them: joining anew renews nothing of it.
struct PictureBudget: Sendable {
    private var pictures = InputBudget.Bucket()
    private var bytes = InputBudget.Bucket()
    /// Whether what is passed over now has been told.
    private var isToldOfExcess = false

    /// Some more than are asked for are read, for clients' timers are not exact: a quarter in the long run.
    mutating func take(_ byteCount: Int, _ configuration: PictureConfiguration, at now: Instant) -> Bool {
        let most = Self.most(configuration)
        let isWithin =
            pictures.take(1, of: most.pictures, at: now) && bytes.take(Double(byteCount), of: most.bytes, at: now)
        // Of a flood that goes on some is always within: it is told again only after the sender has let up.
        if isWithin, pictures.isHalfFull(of: most.pictures), bytes.isHalfFull(of: most.bytes) { isToldOfExcess = false }
        return isWithin
    }

    /// - Returns: whether it is told for the first time since there was room.
    mutating func tellExcess() -> Bool {
        defer { isToldOfExcess = true }
        return !isToldOfExcess
    }

    /// Whether it is as good as a new one.
    func isFull(_ configuration: PictureConfiguration, at now: Instant) -> Bool {
        let most = Self.most(configuration)
        return pictures.isFull(of: most.pictures, at: now) && bytes.isFull(of: most.bytes, at: now)
    }

    private static func most(
        _ configuration: PictureConfiguration
    ) -> (pictures: InputBudget.Bucket.Size, bytes: InputBudget.Bucket.Size) {
        let pace = configuration.rate * 1.25
        let pictures = InputBudget.Bucket.Size(capacity: max(4, configuration.rate * 2), perSecond: pace)
        let bytes = InputBudget.Bucket.Size(
            capacity: pictures.capacity * Double(configuration.maximumBytes),
            perSecond: pace * Double(configuration.maximumBytes))
        return (pictures, bytes)
    }
}
