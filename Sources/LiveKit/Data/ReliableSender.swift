import NIOCore

/// Why a packet was not made.
public enum DataSendError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Larger than a data channel may carry; sizes in bytes.
    case tooLarge(size: Int, limit: Int)
    /// A stream's header does not fit into one packet; its attributes are too large.
    case headerTooLarge(size: Int, limit: Int)
    /// The stream was ended already.
    case streamEnded

    public var description: String {
        switch self {
        case .tooLarge(let size, let limit): "a data packet of \(size) bytes, at most \(limit) are allowed"
        case .headerTooLarge(let size, let limit): "a stream header of \(size) bytes, at most \(limit) are allowed"
        case .streamEnded: "the stream has ended"
        }
    }
}

/// Numbers outgoing reliable packets and keeps the newest for a resume.
package struct ReliableSender: Sendable {
    /// The largest packet on a data channel, in bytes; the server's read buffer is not much larger.
    package static let largestPacket = 64_000

    private var nextSequence: UInt32 = 1
    private var kept: [(sequence: UInt32, packet: ByteBuffer)] = []
    private var firstKept = 0
    private var keptBytes = 0
    /// The most bytes kept for sending again.
    package let capacity: Int

    package init(capacity: Int = 1 << 20) {
        self.capacity = capacity
    }

    /// The encoding of `packet` with the next sequence number, which is used up by `keep`.
    package func encode(_ packet: Livekit_DataPacket) throws(DataSendError) -> ByteBuffer {
        var packet = packet
        packet.sequence = nextSequence
        return try Self.checked(packet.encoded())
    }

    /// Keeps an encoded packet that the channel has taken.
    package mutating func keep(_ encoded: ByteBuffer) {
        kept.append((nextSequence, encoded))
        nextSequence &+= 1
        if nextSequence == 0 { nextSequence = 1 }
        keptBytes += encoded.readableBytes
        while keptBytes > capacity, firstKept < kept.count {
            keptBytes -= kept[firstKept].packet.readableBytes
            kept[firstKept].packet = ByteBuffer()
            firstKept += 1
        }
        if firstKept > 64, firstKept > kept.count / 2 {
            kept.removeFirst(firstKept)
            firstKept = 0
        }
    }

    /// The encoding of `packet` for the lossy channel, which has no sequence numbers.
    package static func encodeLossy(_ packet: Livekit_DataPacket) throws(DataSendError) -> ByteBuffer {
        try checked(packet.encoded())
    }

    /// What the server has not seen, given the last number it has, oldest first. What it has is forgotten.
    ///
    /// - Parameter lastSeen: 0 when nothing came, and from servers before 1.9.1, which do not count: then nothing is sent
    ///   again, for what is under way survives a resume with its channel.
    package mutating func packets(after lastSeen: UInt32) -> [ByteBuffer] {
        guard lastSeen > 0 else { return [] }
        while firstKept < kept.count, kept[firstKept].sequence <= lastSeen {
            keptBytes -= kept[firstKept].packet.readableBytes
            firstKept += 1
        }
        kept.removeFirst(firstKept)
        firstKept = 0
        return kept.map(\.packet)
    }

    /// Begins anew at 1: for a new session.
    package mutating func reset() {
        self = ReliableSender(capacity: capacity)
    }

    private static func checked(_ packet: ByteBuffer) throws(DataSendError) -> ByteBuffer {
        guard packet.readableBytes <= largestPacket else {
            throw .tooLarge(size: packet.readableBytes, limit: largestPacket)
        }
        return packet
    }
}
