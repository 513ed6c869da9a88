import SansIO

/// The silence clock: a time base while nothing arrives.
extension AudioReceiver {
    /// How far behind the path's fastest packets silence is handed out.
    var silencePatience: Duration { .nanoseconds(silenceNanoseconds) }

    /// 20 ms over what the path is expected to do, within the configured bounds.
    private var silenceNanoseconds: Int64 {
        min(max(delay.expectedLateness + 20_000_000, limits.silenceFloor), limits.silenceCeiling)
    }

    /// When the next piece of silence is certain: all packets that could have begun within it are overdue.
    var silenceDeadline: Instant? {
        guard let cursor, !isAbsent, let due = delay.earliestArrival(of: cursor.position &+ limits.granularity) else {
            return nil
        }
        return due.adding(nanoseconds: silenceNanoseconds)
    }

    /// Hands out the silence that is certain by now, and says so when the track has become absent.
    mutating func advanceSilence(to now: Instant) {
        guard pending.isEmpty, let due = silenceDeadline, due <= now, var cursor else { return }
        let left = isMuted ? 0 : max(0, limits.absence - silentSamples)
        let step = limits.granularity
        let overdue = min((now - due).inOpusSamples, left)
        let wanted = step + overdue / step * step
        let samples = min(wanted, left)
        if samples > 0 {
            counters.discontinuousSamples &+= samples
            advance(&cursor, .discontinuous, by: samples, arrival: now)
            silentSamples += samples
        }
        if wanted >= left {
            isAbsent = true
            advance(&cursor, .absenceBegan, by: 0, arrival: now)
        }
        self.cursor = cursor
    }
}
