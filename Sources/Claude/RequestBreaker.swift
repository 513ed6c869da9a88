import Coach
import SansIO

/// Lets requests through to Claude: a bound on their number, and a rest after failures in a row. Sans-IO.
struct RequestBreaker: Sendable {
    enum Verdict: Sendable, Hashable { case go, busy, resting }

    /// How long a reached spend limit is left alone.
    static let quotaRest = Duration.seconds(600)

    let limit: Int
    let failuresBeforeRest: Int
    let restDuration: Duration

    private(set) var underWay = 0
    private var failures = 0
    /// Requests in a row, of whatever rooms, that the API refused as invalid.
    private var refusals = 0
    private var restsUntil: Instant?
    /// After a rest, one request tries whether it is over.
    private var isProbing = false

    init(limit: Int, failuresBeforeRest: Int, restDuration: Duration) {
        self.limit = max(1, limit)
        self.failuresBeforeRest = max(1, failuresBeforeRest)
        self.restDuration = restDuration
    }

    /// Each `go` is to be followed by one `ended`.
    mutating func enter(at now: Instant) -> Verdict {
        if let restsUntil {
            if now < restsUntil || isProbing { return .resting }
            guard underWay < limit else { return .busy }
            isProbing = true
        } else if underWay >= limit {
            return .busy
        }
        underWay += 1
        return .go
    }

    /// - Parameter error: nil for any answer of the model, also one that was withheld.
    mutating func ended(_ error: ClaudeError?, at now: Instant) {
        underWay -= 1
        switch error?.kind {
        case .cancelled, .promptTooLong:
            // Says nothing of the API: what one room sent did not suit it, and the other rooms are not to bear it.
            isProbing = false
            return
        case .invalidRequest:
            // One room's request may be odd; where none is taken any more, asking on costs a call for every hint.
            refusals += 1
            if isProbing || refusals >= failuresBeforeRest { restsUntil = now + restDuration }
            isProbing = false
            return
        case nil, .refusal, .maxTokens:
            isProbing = false
            failures = 0
            refusals = 0
            restsUntil = nil
            return
        case .quota:
            // Only a person can change that: look again now and then.
            restsUntil = now + max(restDuration, Self.quotaRest)
            isProbing = false
            return
        default: break
        }
        failures += 1
        var rest = restDuration
        var asked = false
        if let after = error?.retryAfter {
            rest = max(rest, min(after, .seconds(600)))
            asked = after >= restDuration
        }
        if isProbing || asked || failures >= failuresBeforeRest { restsUntil = now + rest }
        isProbing = false
    }
}
