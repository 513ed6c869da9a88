import NIOCore

/// A message that arrived.
public struct SCTPReceivedMessage: Hashable, Sendable {
    public var stream: UInt16
    /// The payload protocol identifier, opaque to SCTP.
    public var ppid: UInt32
    public var isUnordered: Bool
    public var payload: ByteBuffer

    public init(stream: UInt16, ppid: UInt32, isUnordered: Bool, payload: ByteBuffer) {
        self.stream = stream
        self.ppid = ppid
        self.isUnordered = isUnordered
        self.payload = payload
    }
}

/// Why an association ended other than in order.
public enum SCTPFailure: Error, Hashable, Sendable {
    /// The peer aborted; its causes' codes, and its reason if it gave one as text.
    case abortedByPeer(codes: [UInt16], reason: String)
    /// INIT or COOKIE ECHO stayed unanswered too often.
    case handshakeTimedOut
    /// Data, heartbeats or shutdown stayed unanswered too often.
    case pathFailed
    /// The peer broke the protocol, and was told so by an ABORT.
    case protocolViolation(String)
    /// The peer sent more than there is room for, and was told so by an ABORT.
    case outOfResource
}

/// What an association reports.
public enum SCTPEvent: Sendable {
    case connected
    /// The peer began anew within the same association: everything under way is lost, all streams start at 0.
    case restarted
    case message(SCTPReceivedMessage)
    /// The peer has a message that was sent with a receipt.
    case delivered(DeliveredMessage)
    /// What waits on a stream fell to its threshold.
    case bufferedAmountLow(stream: UInt16)
    /// The peer started its streams to us anew; none named means all of them.
    case incomingStreamsReset([UInt16])
    /// One of our streams has been started anew, or the peer refused to.
    case outgoingStreamReset(stream: UInt16, accepted: Bool)
    /// The association ended in order, or by our own abort.
    case closed
    case failed(SCTPFailure)
}
