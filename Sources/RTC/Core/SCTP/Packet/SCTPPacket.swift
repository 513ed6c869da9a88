import NIOCore

/// A whole SCTP packet with its chunks. Associations read chunk by chunk instead; this is for logs, tools and tests.
public struct SCTPPacket: Hashable, Sendable {
    public var header: CommonHeader
    public var chunks: [Chunk]

    public init(header: CommonHeader, chunks: [Chunk]) {
        self.header = header
        self.chunks = chunks
    }

    /// Parses a packet, its checksum included.
    public init(parsing packet: ByteBuffer) throws(SCTPParseError) {
        var rest = packet
        header = try CommonHeader(parsing: &rest)
        var reader = ChunkReader(rest)
        chunks = []
        while let chunk = try reader.next() { chunks.append(chunk) }
    }

    /// The packet's bytes, with the checksum filled in.
    public func serialized() -> ByteBuffer {
        var packet = ByteBuffer()
        header.write(into: &packet)
        for chunk in chunks { chunk.write(into: &packet) }
        CommonHeader.seal(&packet)
        return packet
    }
}
