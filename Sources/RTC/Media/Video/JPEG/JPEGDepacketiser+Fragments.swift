import NIOCore

extension JPEGDepacketiser: VideoDepacketiser {
    public func inspect(_ payload: ByteBuffer, marker: Bool) throws(JPEGPayloadError) -> VideoFragment {
        let payload = try JPEGPayload(parsing: payload)
        // Each picture stands alone.
        return VideoFragment(
            start: payload.offset == 0 ? .certain : .no, isEnd: marker, isKeyFrame: true, isDiscardable: true)
    }

    public mutating func assemble(
        _ payloads: some Sequence<ByteBuffer>, isKeyFrame: Bool, into data: inout ByteBuffer
    ) throws(JPEGPayloadError) -> VideoFrameProperties {
        VideoFrameProperties(size: try assemble(payloads, into: &data))
    }
}
