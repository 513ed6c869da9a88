import NIOCore

/// A chunk of a type that is not known here, kept so that it can be reported.
public struct UnknownChunk: Hashable, Sendable {
    public var type: ChunkType
    public var flags: UInt8
    public var body: ByteBuffer

    public init(type: ChunkType, flags: UInt8, body: ByteBuffer) {
        self.type = type
        self.flags = flags
        self.body = body
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(type, flags: flags) { $0.writeImmutableBuffer(body) }
    }
}
