/// A candidate that was understood but takes no part in the checks, and why.
public struct ICESetAsideCandidate: Hashable, Sendable {
    public enum Reason: String, Hashable, Sendable {
        /// A host name (mDNS): resolving it is not this agent's work.
        case hostName
        /// TCP (RFC 6544) has no transport here yet.
        case tcp
        /// A relayed candidate of our own needs a TURN client, which is not there yet.
        case relayed
        /// RTCP is multiplexed with RTP, so only component 1 is used.
        case otherComponent
        /// It names an ICE session other than the present one.
        case otherSession
        /// Port 0 or an unspecified address cannot be sent to.
        case unreachable
        /// There are as many candidates as the configuration allows.
        case tooMany
    }

    public var candidate: ICECandidate
    public var reason: Reason

    public init(candidate: ICECandidate, reason: Reason) {
        self.candidate = candidate
        self.reason = reason
    }

    /// The reason that lies in the candidate itself, if there is one.
    static func reason(for candidate: ICECandidate, isLocal: Bool) -> Reason? {
        if candidate.component != 1 { return .otherComponent }
        // This is where ICE-TCP is to come in: active candidates of ours paired with passive ones of the peer.
        if candidate.transport == .tcp { return .tcp }
        if candidate.hostName != nil { return .hostName }
        // This is where TURN is to come in. The peer's relayed candidates are plain addresses to us and are used.
        if isLocal && candidate.kind == .relayed { return .relayed }
        let isUnspecified =
            candidate.address.ip == IPAddress(v4: 0) || candidate.address.ip == IPAddress(high: 0, low: 0)
        return candidate.address.port == 0 || isUnspecified ? .unreachable : nil
    }
}
