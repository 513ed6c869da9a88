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
        var data = data
        guard
            let (tag, code, width, height) = data.readMultipleIntegers(
                endianness: .little, as: (UInt16, UInt32, UInt16, UInt16).self)
        else { throw .truncated(.frameHeader) }
        // Three bytes of tag, of which the last is the lowest of `code`, then 9D 01 2A.
        guard tag & 1 == 0, code >> 8 == 0x2A_019D else { throw .malformed(.frameHeader) }
        let size = VideoSize(width: Int(width & 0x3FFF), height: Int(height & 0x3FFF))
        guard size.width > 0, size.height > 0 else { throw .malformed(.frameHeader) }
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
