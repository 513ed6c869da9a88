import NIOCore

/// Memory that frames are put together in: that of one which nobody holds any more is used again, so that a camera whose
/// frames are decoded soon allocates nothing for them.
struct FrameBuffers: Sendable {
    /// As many as wait for their decoder where it keeps up.
    private static let count = 4
    /// Room beyond this is not kept: a key frame of a large picture, once.
    private static let mostKept = 256 << 10

    private var kept: [ByteBuffer] = []
    private var next = 0

    /// An empty buffer with so much room, in memory that nobody else holds.
    mutating func take(capacity: Int) -> ByteBuffer {
        if kept.isEmpty { kept = Array(repeating: ByteBuffer(), count: Self.count) }
        next = (next + 1) % Self.count
        var buffer = ByteBuffer()
        swap(&buffer, &kept[next])
        // Where a frame still lies in it, that frame keeps the memory, and this gets its own.
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    /// Remembers the memory of the frame that was put together in what was taken last.
    mutating func keep(_ frame: ByteBuffer) {
        if frame.capacity <= Self.mostKept { kept[next] = frame }
    }
}
