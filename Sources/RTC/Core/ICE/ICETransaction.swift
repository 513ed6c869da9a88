import NIOCore
import SansIO

/// A Binding request that awaits its response.
struct ICETransaction: Sendable {
    enum Purpose: Sendable {
        case check
        /// A check with USE-CANDIDATE, of a controlling agent.
        case nomination
        /// RFC 7675; never retransmitted, the next one has an identifier of its own.
        case consent
    }

    let id: STUNTransactionID
    let purpose: Purpose
    let pair: ICECandidatePair.ID
    /// The role the request claimed, which may be another one by the time of the answer.
    let role: ICEAgent.Role
    let datagram: Datagram
    /// What a local peer-reflexive candidate learnt from the answer is to have.
    let priority: UInt32
    let firstSent: Instant
    var lastSent: Instant
    var transmissions = 1
    var retransmission: Duration
    /// When it is sent again, or given up where it has been sent often enough; `nil` while it only awaits its answer.
    var nextAt: Instant?
    /// When it is forgotten at the latest.
    let expiresAt: Instant
}
