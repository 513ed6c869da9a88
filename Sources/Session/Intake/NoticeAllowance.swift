import SansIO

/// How many more error notices a participant may get: a bucket that fills by one an interval.
struct NoticeAllowance {
    private var tokens: Double?
    private var updatedAt = Instant.zero

    /// Takes one if there is one.
    mutating func take(_ configuration: SessionConfiguration.NoticeConfiguration, at now: Instant) -> Bool {
        let most = Double(configuration.burst)
        let gained = max(0, (now - updatedAt).inSeconds) / max(0.001, configuration.interval.inSeconds)
        let current = min(most, (tokens ?? most) + gained)
        updatedAt = now
        tokens = current >= 1 ? current - 1 : current
        return current >= 1
    }

    /// Whether it is as good as a new one.
    func isFull(_ configuration: SessionConfiguration.NoticeConfiguration, at now: Instant) -> Bool {
        guard let tokens else { return true }
        let gained = max(0, (now - updatedAt).inSeconds) / max(0.001, configuration.interval.inSeconds)
        return tokens + gained >= Double(configuration.burst)
    }
}
