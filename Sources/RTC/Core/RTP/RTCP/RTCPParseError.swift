/// Why bytes are not RTCP (RFC 3550 §6.1).
public enum RTCPParseError: Error, Hashable, Sendable {
    /// Fewer bytes than a header.
    case tooShort
    /// The version field is not 2.
    case unsupportedVersion(UInt8)
    /// The length field reaches beyond the compound packet.
    case lengthBeyondPacket
    /// The padding count is 0, no multiple of 4, or more than the packet.
    case invalidPadding
    /// The packet of that type is too short for the counts in it, or they contradict each other.
    case malformed(packetType: UInt8)
}
