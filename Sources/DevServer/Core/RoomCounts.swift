import SansIO

/// How many a room has, as livekit-server shows it in lists, joins and updates: not counted at every change, but at most
/// once in an interval, so that whoever joins a new room is counted seconds later.
struct RoomCounts {
    private(set) var participants = 0
    private(set) var publishers = 0
    /// When they are counted next; `nil` while nothing has changed.
    private(set) var due: Instant?
    private let interval: Duration
    private let createdAt: Instant
    /// When a count last differed from the one before.
    private var refreshedAt: Instant

    init(interval: Duration, at now: Instant) {
        self.interval = interval
        createdAt = now
        refreshedAt = now
    }

    /// Something changed: counted at once where the last news are old, else with the next round after that.
    mutating func changed(at now: Instant) {
        guard interval > .zero, now - refreshedAt <= interval else { return due = now }
        let rounds = (max(now, refreshedAt + interval) - createdAt).wholeNanoseconds.dividedRoundingUp(
            by: interval.wholeNanoseconds)
        let next = createdAt + interval * Int(rounds)
        due = earliest(due, next > now ? next : next + interval)
    }

    /// - Returns: whether that is news.
    mutating func count(participants: Int, publishers: Int, at now: Instant) -> Bool {
        due = nil
        guard participants != self.participants || publishers != self.publishers else { return false }
        self.participants = participants
        self.publishers = publishers
        refreshedAt = now
        return true
    }
}

extension Int64 {
    fileprivate func dividedRoundingUp(by divisor: Int64) -> Int64 { self / divisor + (self % divisor > 0 ? 1 : 0) }
}
