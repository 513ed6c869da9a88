import NIOCore

/// A list of lost packets to be sent again (RFC 4585 §6.2.1).
public struct GenericNACK: Hashable, Sendable {
    static let format: UInt8 = 1
    /// Bytes before the entries.
    private static let headerLength = 12

    /// A lost packet and a mask of the 16 after it.
    public struct Entry: Hashable, Sendable {
        public var packetID: UInt16
        /// Bit 0 stands for `packetID + 1`.
        public var followingLost: UInt16

        public init(packetID: UInt16, followingLost: UInt16) {
            self.packetID = packetID
            self.followingLost = followingLost
        }
    }

    public var senderSSRC: UInt32
    /// The source whose packets are lost.
    public var mediaSSRC: UInt32
    public var entries: [Entry]

    public init(senderSSRC: UInt32, mediaSSRC: UInt32, entries: [Entry]) {
        self.senderSSRC = senderSSRC
        self.mediaSSRC = mediaSSRC
        self.entries = entries
    }

    /// - Parameter sequenceNumbers: in ascending serial order.
    public init(senderSSRC: UInt32, mediaSSRC: UInt32, sequenceNumbers: some Sequence<UInt16>) {
        self.init(senderSSRC: senderSSRC, mediaSSRC: mediaSSRC, entries: [])
        for number in sequenceNumbers {
            if let last = entries.last, (1...16).contains(number &- last.packetID) {
                entries[entries.count - 1].followingLost |= 1 << (number &- last.packetID &- 1)
            } else if entries.last?.packetID != number {
                entries.append(Entry(packetID: number, followingLost: 0))
            }
        }
    }

    /// The same request in as many as it takes for none to be longer than a datagram of RTCP may be.
    var parts: [GenericNACK] {
        let most = (RTCPPacket.maximumPlainLength - Self.headerLength) / 4
        return stride(from: 0, to: entries.count, by: most).map { start in
            GenericNACK(
                senderSSRC: senderSSRC, mediaSSRC: mediaSSRC, entries: Array(entries[start...].prefix(most)))
        }
    }

    /// The lost packets: at most 17 an entry.
    public var sequenceNumbers: [UInt16] {
        var numbers: [UInt16] = []
        for entry in entries {
            numbers.append(entry.packetID)
            for bit in UInt16(0)..<16 where entry.followingLost >> bit & 1 == 1 {
                numbers.append(entry.packetID &+ bit &+ 1)
            }
        }
        return numbers
    }

    init?(sender: UInt32, media: UInt32, control: ByteBuffer) {
        var control = control
        guard control.readableBytes >= 4, control.readableBytes % 4 == 0 else { return nil }
        self.init(senderSSRC: sender, mediaSSRC: media, entries: [])
        while let (id, mask) = control.readMultipleIntegers(as: (UInt16, UInt16).self) {
            entries.append(Entry(packetID: id, followingLost: mask))
        }
    }

    func write(to writer: inout RTCPWriter) {
        writer.feedback(type: RTCPPacket.transportFeedbackType, format: Self.format, senderSSRC, mediaSSRC) { buffer in
            for entry in entries { buffer.writeMultipleIntegers(entry.packetID, entry.followingLost) }
        }
    }
}
