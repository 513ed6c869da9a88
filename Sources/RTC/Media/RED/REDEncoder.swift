import NIOCore

/// Puts each frame together with the frames before it (RFC 2198), for sending.
public struct REDEncoder: Sendable {
    /// Payload type of the frames inside.
    public let blockPayloadType: UInt8
    /// How many older frames each packet repeats, 0 to 9.
    public let depth: Int

    private var history: [(timestamp: UInt32, frame: ByteBuffer)] = []

    public init(blockPayloadType: UInt8, depth: Int = 1) {
        self.blockPayloadType = blockPayloadType & 0x7F
        self.depth = min(max(depth, 0), REDPayload.mostRedundantBlocks - 1)
    }

    /// The payload that carries `frame`, and the frames before it that its header can still point to.
    public mutating func encode(_ frame: ByteBuffer, timestamp: UInt32) -> ByteBuffer {
        // A block header has 14 bits for the age and 10 for the length.
        let blocks = history.filter { timestamp &- $0.timestamp < 1 << 14 && $0.frame.readableBytes < 1 << 10 }
        let size = blocks.reduce(1 + frame.readableBytes) { $0 + 4 + $1.frame.readableBytes }
        var payload = ByteBufferAllocator().buffer(capacity: size)
        for block in blocks {
            let age = timestamp &- block.timestamp
            payload.writeInteger(blockPayloadType | 0x80)
            let rest = age << 10 | UInt32(block.frame.readableBytes)
            payload.writeInteger(UInt8(truncatingIfNeeded: rest >> 16))
            payload.writeInteger(UInt16(truncatingIfNeeded: rest))
        }
        payload.writeInteger(blockPayloadType)
        for block in blocks { payload.writeImmutableBuffer(block.frame) }
        payload.writeImmutableBuffer(frame)
        if depth > 0 {
            if history.count == depth { history.removeFirst() }
            history.append((timestamp, frame))
        }
        return payload
    }
}
