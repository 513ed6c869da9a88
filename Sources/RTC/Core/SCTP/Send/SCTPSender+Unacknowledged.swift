/// What the peer may not have yet.
extension SCTPSender {
    /// Payload bytes by stream: those that wait to be sent, and those from the first on that the peer has not
    /// acknowledged, for what came behind it is not delivered before it. Control messages of channels do not count.
    func unacknowledgedBytes() -> [UInt16: Int] {
        var bytes: [UInt16: Int] = [:]
        var tsn = chunks.first
        while tsn < chunks.end {
            if let chunk = chunks[tsn], chunk.ppid != PayloadProtocol.control,
                chunk.state != .acknowledged || bytes[chunk.stream] != nil
            {
                bytes[chunk.stream, default: 0] += chunk.payload.readableBytes
            }
            tsn += 1
        }
        return bytes.merging(queue.bufferedBytesByStream) { $0 + $1 }
    }
}
