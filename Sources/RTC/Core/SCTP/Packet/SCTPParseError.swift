/// What was wrong with the bytes of an SCTP packet or of a data-channel control message.
public enum SCTPParseError: Error, Hashable, Sendable {
    /// Shorter than the common header and one chunk header (16 bytes).
    case packetTooShort
    /// The CRC32c of RFC 9260 appendix A does not match.
    case checksumMismatch
    /// A chunk says that it is shorter than what its type needs at least.
    case chunkTooShort(type: UInt8)
    /// A chunk says that it is longer than the rest of the packet.
    case chunkBeyondPacket(type: UInt8)
    /// A parameter or error cause says that it is shorter than what its type needs at least.
    case parameterTooShort(type: UInt16)
    /// A parameter or error cause says that it is longer than its chunk.
    case parameterBeyondChunk(type: UInt16)
    /// One to three bytes stand where a chunk or parameter header of four was due.
    case strayBytes
    /// A selective acknowledgement announces more blocks or duplicates than it carries.
    case acknowledgementTruncated
    /// A data-channel control message of no known type.
    case unknownControlMessage(type: UInt8)
    /// A data-channel control message that ends before what it announces.
    case controlMessageTruncated
    /// A data channel of a type that RFC 8832 does not define.
    case unknownChannelType(UInt8)
    /// A label or protocol that is not UTF-8.
    case invalidText
}
