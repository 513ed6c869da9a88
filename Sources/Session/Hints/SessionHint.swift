import Coach
import SansIO
import Wire

/// When a moment began, and who asked for it.
struct MomentTimes: Sendable, Hashable {
    /// Since when what is told has lasted.
    var startedAt: Instant
    /// When it became known.
    var triggeredAt: Instant
    var asker: Identity?
}

/// The request that is under way, from the policy's leave to the hint's leave.
struct OpenRequest: Sendable {
    var id: String
    var ticket: HintTicket
    var times: MomentTimes
    /// After this the coach counts as gone; with a composed hint, the hint as stale.
    var expiresAt: Instant
    var composed: ComposedHint?
}

/// A hint that waits for the connection or the candidate.
struct ComposedHint: Sendable {
    var id: ULID
    var hint: Hint
    var answeredAt: Instant
    /// The coach's own time.
    var coach: Duration
    var isHeldNoted = false
}

/// A hint of this session, from the moment it was to leave.
struct GivenHint: Sendable {
    var id: String
    var fingerprint: String
    var tier: Int
    var to: [Identity]
    /// Nil where an earlier process gave it: texts are not kept.
    var summary: HintSummary?
    var at: Instant
    var facts: TimelineEvent.HintSent?
    /// What each addressee said of it last.
    var acknowledged: [Identity: AckMessage.Status] = [:]
}

/// A hint that is still worth showing, for clients that say hello.
struct LivingHint: Sendable {
    var id: String
    var tier: Int
    var to: [Identity]
    var payload: [UInt8]
    var expiresAt: Instant
}

/// A hint whose addressee said that it acknowledges hints, and has not yet.
struct UnacknowledgedHint: Sendable {
    var to: Identity
    var payload: [UInt8]
    /// Nil until it has left.
    var resendAt: Instant?
    var resends: Int
    var expiresAt: Instant
}
