import NIOCore
import SansIO

/// A DATA chunk that has a TSN and is not yet covered by the peer's cumulative acknowledgement.
struct OutstandingChunk {
    enum State {
        /// Sent, and neither acknowledged nor taken for lost.
        case inFlight
        /// Taken for lost, and waiting to be sent again.
        case lost
        /// Reported in a gap block; kept, because the peer may still drop it (RFC 9260 §6.2).
        case acknowledged
        /// Given up, with its whole message (RFC 3758).
        case abandoned
    }

    var payload: ByteBuffer
    var stream: UInt16
    var streamSequence: UInt16
    var ppid: UInt32
    var flags: DataChunk.Flags
    var state: State
    var transmissions: Int32 = 0
    /// `.max` is without limit.
    var maximumTransmissions: Int32
    var expiry: Instant
    /// Of the message that it ends.
    var receipt: UInt64?
    /// Of the packet that carried it last.
    var packetNumber: Int64 = 0
    var sentAt: Instant = .zero

    init(_ fragment: SendQueue.Fragment) {
        payload = fragment.payload
        stream = fragment.stream
        streamSequence = fragment.streamSequence
        ppid = fragment.ppid
        flags = fragment.flags
        maximumTransmissions = fragment.maximumTransmissions
        expiry = fragment.expiry
        receipt = fragment.receipt
        state = .lost
    }

    /// The last fragment of a message whose rest is never sent.
    init(placeholderFor message: (stream: UInt16, streamSequence: UInt16, flags: DataChunk.Flags)) {
        payload = ByteBuffer()
        stream = message.stream
        streamSequence = message.streamSequence
        ppid = 0
        flags = message.flags
        maximumTransmissions = 0
        expiry = .zero
        state = .abandoned
    }

    /// Whether the sender's patience with it is over.
    func isSpent(at now: Instant) -> Bool {
        transmissions >= maximumTransmissions || expiry <= now
    }
}
