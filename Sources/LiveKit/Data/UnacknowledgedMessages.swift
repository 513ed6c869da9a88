import NIOCore
import SansIO

/// One call's data packets: all of them are sent, or none is of worth.
struct OutgoingMessage {
    var packets: [Livekit_DataPacket]
    var isReliable: Bool
    /// By which its fate is told; nil where nobody wants to know.
    var receipt: String? = nil
    /// When it was handed in.
    var since: Instant
    /// It was sent in a session that ended before it was acknowledged.
    var isSentAgain = false
}

/// The reliable messages of a session that the server may not have yet.
///
/// They outlive the session: what was handed to a path that was dead already is lost with it.
struct UnacknowledgedMessages {
    /// What is kept to be sent again, at most; the oldest give way, and only their receipts stay.
    static let mostPackets = 256
    static let mostBytes = 1 << 20

    private struct Sent {
        /// Without packets where it gave way.
        var message: OutgoingMessage
        var bytes: Int
        /// The channel's receipt for its last packet.
        var number: UInt64
    }

    private var sent: CircularBuffer<Sent> = []
    /// How many at its beginning gave way.
    private var given = 0
    private var packets = 0
    private var bytes = 0
    private var count: UInt64 = 0

    var isEmpty: Bool { sent.isEmpty }

    /// The channel's receipt for the last packet of the next message.
    mutating func makeReceipt() -> UInt64 {
        count += 1
        return count
    }

    /// Remembers a message that the channel took.
    ///
    /// - Parameters:
    ///   - bytes: of all its packets as they were sent.
    ///   - number: the receipt that its last packet was sent with.
    mutating func remember(_ message: OutgoingMessage, bytes: Int, number: UInt64) {
        sent.append(Sent(message: message, bytes: bytes, number: number))
        packets += message.packets.count
        self.bytes += bytes
        while packets > Self.mostPackets || self.bytes > Self.mostBytes { giveWay() }
    }

    /// The server has everything up to this receipt, for the channel keeps its order.
    ///
    /// - Returns: the receipts of the messages, in their order.
    mutating func acknowledge(_ number: UInt64) -> [String] {
        var receipts: [String] = []
        while let first = sent.first, first.number <= number {
            sent.removeFirst()
            given = max(0, given - 1)
            packets -= first.message.packets.count
            bytes -= first.bytes
            if let receipt = first.message.receipt { receipts.append(receipt) }
        }
        return receipts
    }

    /// Ends the session.
    ///
    /// - Returns: what is to be sent again in the next one, oldest first, and the receipts of what cannot be.
    mutating func endSession() -> (again: [OutgoingMessage], lost: [String]) {
        let all = sent.map(\.message)
        let kept = all.dropFirst(given).map { message in
            var message = message
            message.isSentAgain = true
            return message
        }
        let lost = all.prefix(given).compactMap(\.receipt)
        let count = count
        self = UnacknowledgedMessages()
        self.count = count
        return (kept, lost)
    }

    private mutating func giveWay() {
        guard given < sent.count else { return }
        let index = sent.index(sent.startIndex, offsetBy: given)
        packets -= sent[index].message.packets.count
        bytes -= sent[index].bytes
        sent[index].message.packets = []
        sent[index].bytes = 0
        given += 1
    }
}
