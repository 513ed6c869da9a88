import Perception
import SansIO

/// When hands are looked for: a token bucket for searches, and what is worth one.
struct SearchPlan {
    /// What is to be seen without a model.
    struct Facts {
        var now: Instant
        var attention: GestureAttention
        /// Cells that changed since the picture before, and since the last look, and how many make a movement and a big one.
        var changes: MovementGrid.Changes
        var needed: Float
        var big: Float
        /// Nothing at all has moved, wherever, neither from a picture to the next nor since the last look; never in the dark.
        var isAtRest = false

        var isMoving: Bool { Float(changes.sincePicture) >= needed }
        var isChanged: Bool { Float(changes.sinceLook) >= needed }
        var isBig: Bool { Float(changes.sinceLook) >= big }
    }

    private var tokens: Float
    private var filledAt: Instant?
    private var lookedAt: Instant?
    private var searchedAt: Instant?
    /// After a big movement.
    private var followUpAt: Instant?
    private var retries = 0
    /// For how many pictures a hand at a face is still followed.
    private var approaches = 0

    private static let deepestDebt: Float = -1

    init(_ configuration: GestureSearchConfiguration) { tokens = configuration.burst }

    /// - Parameter likeness: of the least familiar forehead; asked for only where it decides.
    mutating func reason(
        _ facts: Facts, likeness: () -> Float?, _ configuration: GestureSearchConfiguration
    ) -> GestureLook.Reason? {
        refill(at: facts.now, configuration)
        if facts.isMoving { retries = 0 }
        let reason = choose(facts, likeness, configuration)
        if reason == .retry { retries += 1 }
        // Pictures at rest count too: whatever moves long after may be another hand, for which there is a search.
        if reason == .approach || (facts.isAtRest && approaches > 0) { approaches -= 1 }
        if reason == .bigChange { followUpAt = facts.now + configuration.followUp }
        if reason == .followUp { followUpAt = nil }
        if reason != nil { lookedAt = facts.now }
        return reason
    }

    /// A search is made: it costs a token, unless a gesture is being decided.
    mutating func search(at now: Instant, attention: GestureAttention) {
        searchedAt = now
        if !attention.isDeciding { tokens = max(tokens - 1, Self.deepestDebt) }
    }

    /// What came of a look: whether a hand was at a face, and not on the forehead.
    mutating func found(handAtFace: Bool, reason: GestureLook.Reason, _ configuration: GestureSearchConfiguration) {
        switch reason {
        case .change, .bigChange, .followUp, .on: approaches = handAtFace ? configuration.approaches : 0
        case .approach: approaches = handAtFace ? approaches : 0
        case .deciding, .idle, .retry: approaches = 0
        }
    }

    private mutating func refill(at now: Instant, _ configuration: GestureSearchConfiguration) {
        if let filledAt {
            let seconds = Float(max(now - filledAt, .zero).inSeconds)
            tokens = min(tokens + seconds * configuration.rate, configuration.burst)
        }
        filledAt = now
    }

    private func choose(
        _ facts: Facts, _ likeness: () -> Float?, _ configuration: GestureSearchConfiguration
    ) -> GestureLook.Reason? {
        if facts.attention.isDeciding { return .deciding }
        // A hand that rests at a face is where it was.
        if approaches > 0, !facts.isAtRest { return .approach }
        let sinceLook = lookedAt.map { facts.now - $0 } ?? .seconds(3600)
        let sinceSearch = searchedAt.map { facts.now - $0 } ?? .seconds(3600)
        if facts.attention.isOn {
            let isDue = sinceLook >= configuration.onInterval
            return isDue || (facts.isChanged && sinceLook >= configuration.onChanged) ? .on : nil
        }
        if sinceSearch >= configuration.idle { return .idle }
        if facts.isChanged, sinceSearch >= configuration.changedInterval {
            if facts.isBig, tokens >= 0 { return .bigChange }
            if tokens >= configuration.reserve { return .change }
        }
        if !facts.isMoving, sinceSearch >= configuration.retryInterval, tokens >= 0, retries < configuration.retries,
            let likeness = likeness(), likeness <= configuration.retryLikeness
        {
            return .retry
        }
        if let followUpAt, facts.now >= followUpAt, tokens >= configuration.followUpLeft { return .followUp }
        return nil
    }
}
