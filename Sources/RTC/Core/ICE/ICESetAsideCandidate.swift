/// A candidate that was understood but takes no part in the checks, and why.
public struct ICESetAsideCandidate: Hashable, Sendable {
    public enum Reason: String, Hashable, Sendable {
        /// A host name (mDNS): resolving it is not this agent's work.
        case hostName
        /// TCP (RFC 6544) without an endpoint of ours that connects, or in a direction that we do not speak.
        case tcp
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
    /// - Parameter tcp: the direction in which one over TCP is of use; `nil` for none.
    static func reason(for candidate: ICECandidate, tcp: ICECandidate.TCPType?) -> Reason? {
        if candidate.component != 1 { return .otherComponent }
        // Our own TCP only connects, so it is paired with what the peer listens on.
        if candidate.transport == .tcp && (tcp == nil || candidate.tcpType != tcp) { return .tcp }
        if candidate.hostName != nil { return .hostName }
        let isUnspecified =
            candidate.address.ip == IPAddress(v4: 0) || candidate.address.ip == IPAddress(high: 0, low: 0)
        return candidate.address.port == 0 || isUnspecified ? .unreachable : nil
    }
}
