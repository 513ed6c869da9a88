import NIOCore

/// A message that has arrived whole.
struct ReassembledMessage {
    var stream: UInt16
    var streamSequence: UInt16
    var ppid: UInt32
    var isUnordered: Bool
    var payload: ByteBuffer

    init(_ chunk: DataChunk, payload: ByteBuffer) {
        stream = chunk.stream
        streamSequence = chunk.streamSequence
        ppid = chunk.ppid
        isUnordered = chunk.flags.contains(.unordered)
        self.payload = payload
    }
}
