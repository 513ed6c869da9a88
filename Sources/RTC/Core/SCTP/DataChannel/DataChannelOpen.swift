import NIOCore

/// DATA_CHANNEL_OPEN (RFC 8832 §5.1).
public struct DataChannelOpen: Hashable, Sendable {
    static let type: UInt8 = 3
    /// Bytes before the label.
    private static let headerLength = 12

    public var parameters: DataChannelParameters
    /// Relative to other channels; 256 is normal (RFC 8831 §6.4).
    public var priority: UInt16

    public init(parameters: DataChannelParameters, priority: UInt16 = 256) {
        self.parameters = parameters
        self.priority = priority
    }

    /// - Parameter body: what stands behind the message type.
    init(body: ByteBuffer) throws(SCTPParseError) {
        var body = body
        guard
            let (type, priority, reliability, labelLength, protocolLength) = body.readMultipleIntegers(
                as: (UInt8, UInt16, UInt32, UInt16, UInt16).self),
            let label = body.readSlice(length: Int(labelLength)),
            let subprotocol = body.readSlice(length: Int(protocolLength))
        else { throw .controlMessageTruncated }
        guard let labelText = String(validating: label.readableBytesView, as: UTF8.self),
            let protocolText = String(validating: subprotocol.readableBytesView, as: UTF8.self)
        else { throw .invalidText }
        self.priority = priority
        parameters = DataChannelParameters(
            label: labelText, subprotocol: protocolText, ordered: type & 0x80 == 0,
            reliability: try Self.reliability(type: type, parameter: reliability))
    }

    func write(into message: inout ByteBuffer) {
        let (type, reliability) = channelType
        let label = parameters.label.utf8.prefix(Int(UInt16.max))
        let subprotocol = parameters.subprotocol.utf8.prefix(Int(UInt16.max))
        message.writeMultipleIntegers(
            Self.type, type, priority, reliability, UInt16(truncatingIfNeeded: label.count),
            UInt16(truncatingIfNeeded: subprotocol.count))
        message.writeBytes(label)
        message.writeBytes(subprotocol)
    }

    private static func reliability(type: UInt8, parameter: UInt32) throws(SCTPParseError) -> SCTPReliability {
        switch type & 0x7F {
        case 0: .reliable
        case 1: .maxRetransmits(UInt16(clamping: parameter))
        case 2: .maxLifetime(.milliseconds(Int64(parameter)))
        default: throw .unknownChannelType(type)
        }
    }

    private var channelType: (type: UInt8, reliability: UInt32) {
        let unordered: UInt8 = parameters.ordered ? 0 : 0x80
        return switch parameters.reliability {
        case .reliable: (unordered, 0)
        case .maxRetransmits(let count): (unordered | 1, UInt32(count))
        case .maxLifetime(let lifetime): (unordered | 2, UInt32(clamping: lifetime.wholeMilliseconds))
        }
    }
}
