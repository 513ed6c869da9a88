import NIOCore

/// Names a channel of one `DataChannels`, from its opening on; never used again for another one.
///
/// It is not the SCTP stream number, which may not be known yet and may be used again: see `DataChannels.streamID(of:)`.
public struct DataChannelID: Hashable, Sendable, CustomStringConvertible {
    let rawValue: UInt32

    public var description: String { "channel \(rawValue)" }
}

/// What a data channel is opened with.
public struct DataChannelParameters: Hashable, Sendable {
    public var label: String
    /// The name of the protocol spoken on it, often empty.
    public var subprotocol: String
    public var ordered: Bool
    public var reliability: SCTPReliability

    public init(
        label: String, subprotocol: String = "", ordered: Bool = true, reliability: SCTPReliability = .reliable
    ) {
        self.label = label
        self.subprotocol = subprotocol
        self.ordered = ordered
        self.reliability = reliability
    }
}

/// Why a data channel did not do what it was asked for.
public enum DataChannelError: Error, Hashable, Sendable {
    case noSuchChannel
    /// The channel, or everything, is closed or closing.
    case closed
    /// Larger than the peer takes.
    case messageTooLarge(limit: Int)
    /// The send buffer is full; wait for `bufferedAmountLow`.
    case bufferFull
    /// A label or protocol above 65,535 bytes, or together above what the peer takes as a message.
    case labelTooLong
    /// No stream number is free.
    case tooManyChannels
}

/// What data channels report.
public enum DataChannelEvent: Sendable {
    /// The association is up. Channels open one by one.
    case connected
    /// A channel of ours was acknowledged, or one of the peer's arrived.
    case channelOpened(DataChannelID, DataChannelParameters, remotelyOpened: Bool)
    case message(DataChannelID, isBinary: Bool, ByteBuffer)
    /// The peer has a message that was sent with a receipt.
    case delivered(DeliveredMessage)
    case channelClosed(DataChannelID)
    /// What waits on the channel fell to its threshold.
    case bufferedAmountLow(DataChannelID)
    /// The association ended in order. Every channel has been reported closed before.
    case closed
    /// The association ended otherwise. Every channel has been reported closed before.
    case failed(SCTPFailure)
}
