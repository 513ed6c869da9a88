import NIOCore

/// HEARTBEAT and HEARTBEAT ACK: a probe and its echo (RFC 9260 §3.3.5 and §3.3.6).
public struct HeartbeatChunk: Hashable, Sendable {
    private static let informationType: UInt16 = 1

    /// Opaque to whoever echoes it.
    public var information: ByteBuffer

    public init(information: ByteBuffer) {
        self.information = information
    }

    init(type: ChunkType, body: ByteBuffer) throws(SCTPParseError) {
        var body = body
        guard let (parameter, value) = try body.readParameter(), parameter == Self.informationType else {
            throw .chunkTooShort(type: type.rawValue)
        }
        information = value
    }

    func write(as type: ChunkType, into packet: inout ByteBuffer) {
        packet.writeChunk(type) { body in
            body.writeParameter(Self.informationType) { $0.writeImmutableBuffer(information) }
        }
    }
}
