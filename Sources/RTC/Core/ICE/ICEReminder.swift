import SansIO

/// When a controlled agent checks a pair again that works both ways and that the peer has not nominated.
///
/// Some controlling agents (pion's) decide only at a tick of 200 ms, or when a check of ours comes on a pair on which
/// their own has succeeded. Which of the two comes first is chance, unless we see to it.
struct ICEReminder: Sendable {
    /// After as many the peer is let alone: it waits for a better pair, or has its own time.
    static let maximum = 4

    private var pair: ICECandidatePair.ID?
    private var requestedAt: Instant?
    private var sent = 0
    /// When the next one is due; `nil` for none.
    private(set) var due: Instant?

    /// The pair that works both ways is now this one. A peer that checks it again has not had our answer before.
    mutating func watch(
        _ pair: ICECandidatePair?, at now: Instant, roundTrip: Duration?, _ configuration: ICEAgent.Configuration
    ) {
        guard pair?.id != self.pair || pair?.requestedAt != requestedAt else { return }
        self.pair = pair?.id
        requestedAt = pair?.requestedAt
        sent = 0
        // The nomination of a peer that does not wait arrives before that.
        due = pair == nil ? nil : now + (roundTrip ?? .zero) / 2 + configuration.pacing / 4
    }

    mutating func wasSent(at now: Instant, _ configuration: ICEAgent.Configuration) {
        sent += 1
        due = sent < Self.maximum ? now + configuration.pacing * (1 << sent) / 2 : nil
    }

    mutating func stop() { due = nil }
}
