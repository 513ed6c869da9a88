import NIOCore

/// SHUTDOWN: nothing more will be sent (RFC 9260 §3.3.8).
public struct ShutdownChunk: Hashable, Sendable {
    /// Every TSN up to and including this one has arrived.
    public var cumulativeTSN: TSN

    public init(cumulativeTSN: TSN) {
        self.cumulativeTSN = cumulativeTSN
    }

    init(body: ByteBuffer) throws(SCTPParseError) {
        guard let tsn = body.getInteger(at: body.readerIndex, as: UInt32.self) else {
            throw .chunkTooShort(type: ChunkType.shutdown.rawValue)
        }
        self.init(cumulativeTSN: TSN(rawValue: tsn))
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.shutdown) { $0.writeInteger(cumulativeTSN.rawValue) }
    }
}
