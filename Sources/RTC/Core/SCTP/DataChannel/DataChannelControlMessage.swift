import NIOCore

/// A message of the Data Channel Establishment Protocol (RFC 8832 §5).
public enum DataChannelControlMessage: Hashable, Sendable {
    case open(DataChannelOpen)
    case acknowledge

    private static let acknowledgeType: UInt8 = 2

    /// Bytes behind an ACK are ignored: some servers send four in all.
    public init(parsing message: ByteBuffer) throws(SCTPParseError) {
        var body = message
        guard let type = body.readInteger(as: UInt8.self) else { throw .controlMessageTruncated }
        switch type {
        case DataChannelOpen.type: self = .open(try DataChannelOpen(body: body))
        case Self.acknowledgeType: self = .acknowledge
        default: throw .unknownControlMessage(type: type)
        }
    }

    public func serialized() -> ByteBuffer {
        var message = ByteBuffer()
        switch self {
        case .open(let open): open.write(into: &message)
        case .acknowledge: message.writeInteger(Self.acknowledgeType)
        }
        return message
    }
}
