import NIOCore

/// Reads the chunks of a packet one after the other, without an array between.
public struct ChunkReader: Sendable {
    private var rest: ByteBuffer

    /// - Parameter chunks: a packet's bytes after its common header.
    init(_ chunks: ByteBuffer) {
        rest = chunks
    }

    /// Whether nothing is left.
    public var isAtEnd: Bool { rest.readableBytes == 0 }

    /// The next chunk; `nil` at the end of the packet. After an error, the rest of the packet has no meaning.
    public mutating func next() throws(SCTPParseError) -> Chunk? {
        if rest.readableBytes == 0 { return nil }
        guard let (type, flags, length) = rest.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) else {
            throw .strayBytes
        }
        guard length >= 4 else { throw .chunkTooShort(type: type) }
        guard let body = rest.readSlice(length: Int(length) - 4) else { throw .chunkBeyondPacket(type: type) }
        // Some senders leave the last chunk's padding out.
        rest.moveReaderIndex(forwardBy: min(-Int(length) & 3, rest.readableBytes))
        return try Chunk(type: ChunkType(rawValue: type), flags: flags, body: body)
    }
}
