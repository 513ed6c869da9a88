import NIOCore

/// RTP payloads of VP8 (RFC 7741): a descriptor, then the frame's bytes.
public struct VP8Depacketiser: VideoDepacketiser {
    public static var overhead: Int { 0 }

    public init() {}

    public func inspect(_ payload: ByteBuffer, marker: Bool) throws(VideoPayloadError) -> VideoFragment {
        let descriptor = try VP8PayloadDescriptor(parsing: payload)
        guard let first = payload.getInteger(at: payload.readerIndex + descriptor.length, as: UInt8.self) else {
            throw .truncated(.frameHeader)
        }
        let isStart = descriptor.startsPartition && descriptor.partition == 0
        return VideoFragment(
            start: isStart ? .certain : .no, isEnd: marker,
            // The lowest bit of the frame header, inverted (RFC 6386 §9.1).
            isKeyFrame: isStart && first & 1 == 0, isDiscardable: descriptor.isNonReference,
            temporalLayer: descriptor.temporalLayer ?? 0, references: descriptor.references)
    }

    public mutating func assemble(
        _ payloads: some Sequence<ByteBuffer>, isKeyFrame: Bool, into data: inout ByteBuffer
    ) throws(VideoPayloadError) -> VideoFrameProperties {
        for payload in payloads {
            let descriptor = try VP8PayloadDescriptor(parsing: payload)
            var payload = payload
            payload.moveReaderIndex(forwardBy: descriptor.length)
            data.writeBuffer(&payload)
        }
        return VideoFrameProperties(size: isKeyFrame ? try Self.size(ofKeyFrame: data) : nil)
    }

    /// The header of a key frame (RFC 6386 §9.1).
    static func size(ofKeyFrame data: ByteBuffer) throws(VideoPayloadError) -> VideoSize {
        let header: VP8FrameHeader
        do throws(VideoHeaderError) {
            header = try data.withReadableBytes { (bytes) throws(VideoHeaderError) in try VP8FrameHeader(parsing: bytes)
            }
        } catch { throw VideoPayloadError(error) }
        guard let size = header.size else { throw .malformed(.frameHeader) }
        return size
    }
}

extension VP8PayloadDescriptor {
    var references: VideoReferences {
        if let baseIndex, temporalLayer != nil {
            return .layered(
                TemporalLayering(pictureID: pictureID, baseIndex: baseIndex, refersToBaseOnly: refersToBaseOnly))
        }
        return pictureID.map { .numbered($0) } ?? .precedingFrame
    }
}
