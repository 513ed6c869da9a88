import SansIO

/// A local base and a remote candidate, and what the checks have found out about them (RFC 8445 §6.1.2).
struct ICECandidatePair: Sendable {
    /// RFC 8445 §6.1.2.6.
    enum State: String, Sendable {
        case frozen, waiting, inProgress, succeeded, failed
    }

    typealias ID = Int

    let id: ID
    let local: ICECandidate
    var remote: ICECandidate
    var priority: UInt64
    var state: State
    /// A check on it has succeeded, and none has failed since.
    var isValid = false
    /// The peer nominated it before our own check had succeeded (RFC 8445 §7.3.1.5).
    var isNominatedOnSuccess = false
    /// When the peer last nominated it.
    var nominatedAt: Instant?
    /// When a check on it was last answered.
    var answeredAt: Instant?
    /// When an authentic request last came over it.
    var requestedAt: Instant?

    init(id: ID, local: ICECandidate, remote: ICECandidate, role: ICEAgent.Role, state: State) {
        self.id = id
        self.local = local
        self.remote = remote
        self.state = state
        priority = Self.priority(local: local, remote: remote, role: role)
    }

    /// Pairs of one foundation are likely to fare alike (RFC 8445 §6.1.2.6).
    func hasFoundation(of other: ICECandidatePair) -> Bool {
        local.foundation == other.local.foundation && remote.foundation == other.remote.foundation
    }

    /// RFC 8445 §6.1.2.3.
    static func priority(local: ICECandidate, remote: ICECandidate, role: ICEAgent.Role) -> UInt64 {
        // 31 bits are the most a priority may have; with 32 the sum below could wrap.
        let ours = UInt64(local.priority & 0x7FFF_FFFF)
        let theirs = UInt64(remote.priority & 0x7FFF_FFFF)
        let (controlling, controlled) = role == .controlling ? (ours, theirs) : (theirs, ours)
        return min(controlling, controlled) << 32 | max(controlling, controlled) &* 2
            &+ (controlling > controlled ? 1 : 0)
    }

    /// Whether a datagram can go from one to the other at all.
    static func canPair(_ local: ICECandidate, _ remote: ICECandidate) -> Bool {
        let (from, to) = (local.address.ip, remote.address.ip)
        guard local.transport == remote.transport, from.isV4 == to.isV4 else { return false }
        // RFC 8445 §6.1.2.2: IPv6 link-local addresses reach only each other. Loopback is not held to that: on one machine
        // it reaches the machine's other addresses, and libwebrtc offers only those.
        return from.isV4 || from.isLinkLocal == to.isLinkLocal
    }
}
