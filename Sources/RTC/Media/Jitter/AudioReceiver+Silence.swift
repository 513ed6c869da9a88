import SansIO

/// The silence clock: a time base while nothing arrives.
extension AudioReceiver {
    /// How far behind the path's fastest packets silence is handed out.
    var silencePatience: Duration {
        let wanted = max(delay.expectedLateness + .milliseconds(20), configuration.minimumSilencePatience)
        return min(wanted, max(configuration.minimumSilencePatience, configuration.maximumSilencePatience))
    }

    private var granularity: Int64 { max(Self.timestampSlack, configuration.silenceGranularity.inOpusSamples) }

    /// When the next piece of silence is certain: all packets that could have begun within it are overdue.
    var silenceDeadline: Instant? {
        guard let cursor, !isAbsent, let due = delay.earliestArrival(of: cursor.position &+ granularity) else {
            return nil
        }
        return due + silencePatience
    }

    /// Hands out the silence that is certain by now, and says so when the track has become absent.
    mutating func advanceSilence(to now: Instant) {
        guard pending.isEmpty, let due = silenceDeadline, due <= now, var cursor else { return }
        let left = isMuted ? 0 : max(0, configuration.absenceAfter.inOpusSamples - silentSamples)
        let step = granularity
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
