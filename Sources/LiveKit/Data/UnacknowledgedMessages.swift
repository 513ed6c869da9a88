import NIOCore
import SansIO

/// One call's data packets: all of them are sent, or none is of worth.
struct OutgoingMessage {
    var packets: [Livekit_DataPacket]
    var isReliable: Bool
    /// When it was handed in.
    var since: Instant
    /// It was sent in a session that ended before it was acknowledged.
    var isSentAgain = false
}

/// The reliable messages of a session that the server may not have yet.
///
/// They outlive the session: what was handed to a path that was dead already is lost with it.
struct UnacknowledgedMessages {
    /// What is remembered at most; the oldest give way.
    static let mostPackets = 256
    static let mostBytes = 1 << 20

    private struct Sent {
        var message: OutgoingMessage
        var bytes: Int
        /// How much had been handed to the channel with the last byte of this one.
        var end: Int
    }

    private var sent: CircularBuffer<Sent> = []
    private var packets = 0
    private var bytes = 0
    /// Bytes handed to the channel in this session.
    private var handed = 0

    /// Counts a packet that the channel took.
    mutating func count(_ bytes: Int) { handed += bytes }

    /// Remembers a message whose last packet was counted just now.
    ///
    /// - Parameter bytes: of all its packets as they were sent.
    mutating func remember(_ message: OutgoingMessage, bytes: Int) {
        sent.append(Sent(message: message, bytes: bytes, end: handed))
        packets += message.packets.count
        self.bytes += bytes
        while packets > Self.mostPackets || self.bytes > Self.mostBytes { forgetFirst() }
    }

    /// Forgets what is acknowledged.
    ///
    /// - Parameter outstanding: bytes of the channel that are not; `nil` when nobody knows.
    mutating func acknowledge(outstanding: Int?) {
        guard let outstanding else { return }
        while let first = sent.first, first.end <= handed - outstanding { forgetFirst() }
    }

    /// Ends the session.
    ///
    /// - Returns: what is to be sent again in the next one, oldest first.
    mutating func endSession() -> [OutgoingMessage] {
        defer { self = UnacknowledgedMessages() }
        return sent.map { sent in
            var message = sent.message
            message.isSentAgain = true
            return message
        }
    }

    private mutating func forgetFirst() {
        guard let first = sent.popFirst() else { return }
        packets -= first.message.packets.count
        bytes -= first.bytes
    }
}
