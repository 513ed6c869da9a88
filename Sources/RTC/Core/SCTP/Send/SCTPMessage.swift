import NIOCore

/// How hard an association tries to deliver a message.
public enum SCTPReliability: Hashable, Sendable {
    /// Until it arrives.
    case reliable
    /// Sent again at most this often (RFC 7496 §3.2 named it; RFC 3758 carries it).
    case maxRetransmits(UInt16)
    /// Given up once this time has passed since it was handed in.
    case maxLifetime(Duration)
}

/// A message to send.
public struct SCTPMessage: Sendable {
    public var stream: UInt16
    /// The payload protocol identifier, opaque to SCTP.
    public var ppid: UInt32
    /// At least one byte: SCTP has no empty messages.
    public var payload: ByteBuffer
    /// Whether it is delivered behind the messages sent before on its stream.
    public var ordered: Bool
    public var reliability: SCTPReliability
    /// By which `delivered` tells that the peer has all of it; nil where nobody wants to know.
    public var receipt: UInt64?

    public init(
        stream: UInt16, ppid: UInt32, payload: ByteBuffer, ordered: Bool = true,
        reliability: SCTPReliability = .reliable, receipt: UInt64? = nil
    ) {
        self.stream = stream
        self.ppid = ppid
        self.payload = payload
        self.ordered = ordered
        self.reliability = reliability
        self.receipt = receipt
    }
}

/// Why a message was not taken. Nothing of it was queued.
public enum SCTPSendError: Error, Hashable, Sendable {
    /// The association is closed, or closing.
    case closed
    /// A message without a byte.
    case empty
    /// Larger than the peer takes.
    case messageTooLarge(limit: Int)
    /// The send buffer is full; wait for `bufferedAmountLow`.
    case bufferFull
    /// The peer does not have as many streams.
    case noSuchStream
    /// The stream is being reset.
    case streamResetting
}
