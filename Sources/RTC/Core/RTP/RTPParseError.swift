/// Why bytes are not an RTP packet (RFC 3550 §5.1).
public enum RTPParseError: Error, Hashable, Sendable {
    /// Shorter than the 12 bytes of the fixed header.
    case tooShort
    /// The version field is not 2.
    case unsupportedVersion(UInt8)
    /// The contributing sources or the header extension reach beyond the packet.
    case headerBeyondPacket
    /// The last byte's padding count is 0 or more than what follows the header.
    case invalidPadding
    /// A retransmission that is too short for its original sequence number (RFC 4588 §4).
    case retransmissionTooShort
}
