extension ICEAgent {
    /// Counts since the agent began.
    public struct Statistics: Hashable, Sendable {
        /// Binding requests sent, retransmissions and consent checks included.
        public var requestsSent = 0
        /// Retransmissions of checks among them.
        public var retransmissions = 0
        /// Consent checks among them.
        public var consentChecksSent = 0
        /// Responses sent, errors included.
        public var responsesSent = 0
        /// Requests that were answered with success.
        public var requestsAccepted = 0
        /// Success responses that matched a transaction and verified.
        public var responsesAccepted = 0
        /// Datagrams that are no STUN message.
        public var malformed = 0
        /// Requests and responses whose MESSAGE-INTEGRITY or user name is not right.
        public var unauthenticated = 0
        /// Responses to no open transaction: duplicates, and what came too late.
        public var unmatched = 0
        /// Responses that came from, or to, another address than the request's.
        public var asymmetric = 0
        /// Datagrams to an address that is no local candidate.
        public var unknownLocal = 0
        /// Role conflicts noticed on either side.
        public var roleConflicts = 0
    }
}
