import NIOCore

/// FORWARD TSN: the sender gave up on what is missing up to here (RFC 3758 §3.2).
public struct ForwardTSNChunk: Hashable, Sendable {
    /// The last ordered message of a stream that was given up.
    public struct Skipped: Hashable, Sendable {
        public var stream: UInt16
        public var streamSequence: UInt16

        public init(stream: UInt16, streamSequence: UInt16) {
            self.stream = stream
            self.streamSequence = streamSequence
        }
    }

    public var newCumulativeTSN: TSN
    public var skipped: [Skipped]

    public init(newCumulativeTSN: TSN, skipped: [Skipped]) {
        self.newCumulativeTSN = newCumulativeTSN
        self.skipped = skipped
    }

    init(body: ByteBuffer) throws(SCTPParseError) {
        var body = body
        guard let tsn = body.readInteger(as: UInt32.self) else {
            throw .chunkTooShort(type: ChunkType.forwardTSN.rawValue)
        }
        self.init(newCumulativeTSN: TSN(rawValue: tsn), skipped: [])
        while let (stream, sequence) = body.readMultipleIntegers(as: (UInt16, UInt16).self) {
            skipped.append(Skipped(stream: stream, streamSequence: sequence))
        }
        guard body.readableBytes == 0 else { throw .strayBytes }
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.forwardTSN) { body in
            body.writeInteger(newCumulativeTSN.rawValue)
            for entry in skipped { body.writeMultipleIntegers(entry.stream, entry.streamSequence) }
        }
    }
}
