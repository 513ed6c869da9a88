import COpus

/// What libopus says when it refuses to do something.
public enum OpusError: Error, Hashable, Sendable {
    /// A rate, channel count, frame length or option that the codec does not have.
    case badArgument
    /// The packet is not valid Opus.
    case invalidPacket
    case outOfMemory
    /// Any other status of the library.
    case library(Int32)

    init(status: Int32) {
        switch status {
        case Int32(OPUS_BAD_ARG): self = .badArgument
        case Int32(OPUS_INVALID_PACKET): self = .invalidPacket
        case Int32(OPUS_ALLOC_FAIL): self = .outOfMemory
        default: self = .library(status)
        }
    }

    static func check(_ status: Int32) throws(OpusError) {
        if status < 0 { throw OpusError(status: status) }
    }
}
