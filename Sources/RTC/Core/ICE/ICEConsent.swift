import SansIO

/// Whether the peer still agrees to be sent to, on the pair in use (RFC 7675).
struct ICEConsent: Sendable {
    enum Freshness: Sendable {
        case fresh, stale, expired
    }

    /// When the peer last answered a check on the pair.
    private(set) var answeredAt: Instant
    /// Consent checks sent since.
    private(set) var unanswered = 0
    private(set) var nextCheckAt: Instant
    /// When the other pairs were last put to the test because this one does not answer.
    var fallbackAt: Instant?

    init(answeredAt: Instant, nextCheckAt: Instant) {
        self.answeredAt = answeredAt
        self.nextCheckAt = nextCheckAt
    }

    mutating func checkSent(nextAt: Instant) {
        unanswered += 1
        nextCheckAt = nextAt
    }

    mutating func answered(at now: Instant, nextAt: Instant) {
        answeredAt = max(answeredAt, now)
        unanswered = 0
        nextCheckAt = nextAt
        fallbackAt = nil
    }

    // Time alone does not count: a process that was suspended has lost nothing until its own checks go unanswered.
    func freshness(at now: Instant, _ configuration: ICEAgent.Configuration) -> Freshness {
        let silence = now - answeredAt
        if silence >= configuration.consentTimeout && unanswered >= 6 { return .expired }
        return silence >= configuration.disconnectedTimeout && unanswered >= 3 ? .stale : .fresh
    }

    func isLosing(at now: Instant, _ configuration: ICEAgent.Configuration) -> Bool {
        unanswered >= 3 && now - answeredAt >= configuration.fallbackTimeout
    }
}
