import NIOCore

/// SACK: what has arrived (RFC 9260 §3.3.4).
public struct SelectiveAckChunk: Hashable, Sendable {
    /// Bytes on the wire before the gap blocks.
    static let headerLength = 16

    /// A run of TSNs that arrived beyond the cumulative one, as offsets from it.
    public struct GapBlock: Hashable, Sendable {
        public var start: UInt16
        public var end: UInt16

        public init(start: UInt16, end: UInt16) {
            self.start = start
            self.end = end
        }
    }

    /// Every TSN up to and including this one has arrived.
    public var cumulativeTSN: TSN
    /// The room left in the receive buffer, in bytes.
    public var advertisedWindow: UInt32
    public var gaps: [GapBlock]
    /// TSNs that arrived again since the last acknowledgement.
    public var duplicates: [TSN]

    public init(cumulativeTSN: TSN, advertisedWindow: UInt32, gaps: [GapBlock], duplicates: [TSN]) {
        self.cumulativeTSN = cumulativeTSN
        self.advertisedWindow = advertisedWindow
        self.gaps = gaps
        self.duplicates = duplicates
    }

    init(body: ByteBuffer) throws(SCTPParseError) {
        var body = body
        guard
            let (tsn, window, gapCount, duplicateCount) = body.readMultipleIntegers(
                as: (UInt32, UInt32, UInt16, UInt16).self)
        else { throw .chunkTooShort(type: ChunkType.selectiveAck.rawValue) }
        guard body.readableBytes >= (Int(gapCount) + Int(duplicateCount)) * 4 else { throw .acknowledgementTruncated }
        self.init(cumulativeTSN: TSN(rawValue: tsn), advertisedWindow: window, gaps: [], duplicates: [])
        gaps.reserveCapacity(Int(gapCount))
        for _ in 0..<gapCount {
            guard let (start, end) = body.readMultipleIntegers(as: (UInt16, UInt16).self) else { break }
            gaps.append(GapBlock(start: start, end: end))
        }
        for _ in 0..<duplicateCount {
            guard let duplicate = body.readInteger(as: UInt32.self) else { break }
            duplicates.append(TSN(rawValue: duplicate))
        }
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.selectiveAck) { body in
            body.writeMultipleIntegers(
                cumulativeTSN.rawValue, advertisedWindow, UInt16(truncatingIfNeeded: gaps.count),
                UInt16(truncatingIfNeeded: duplicates.count))
            for gap in gaps { body.writeMultipleIntegers(gap.start, gap.end) }
            for duplicate in duplicates { body.writeInteger(duplicate.rawValue) }
        }
    }
}
