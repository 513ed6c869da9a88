import NIOCore

/// RTP payloads of VP9 (RFC 9628): a descriptor, then bytes of one layer's frame. All spatial layers of a picture have
/// one timestamp and make one frame here; the last packet of the highest one has the marker.
public struct VP9Depacketiser: VideoDepacketiser {
    /// The index of a superframe of eight.
    public static var overhead: Int { 2 + 4 * 8 }

    public init() {}

    public func inspect(_ payload: ByteBuffer, marker: Bool) throws(VideoPayloadError) -> VideoFragment {
        let descriptor = try VP9PayloadDescriptor(parsing: payload)
        guard payload.readableBytes > descriptor.length else { throw .truncated(.frameHeader) }
        let spatial = descriptor.layer?.spatial ?? 0
        var start = VideoFragment.Start.no
        if descriptor.startsLayerFrame {
            // A forwarder may leave out lower layers that nothing above refers to.
            start = spatial == 0 ? .certain : descriptor.layer?.refersToLowerLayer == true ? .no : .possible
        }
        return VideoFragment(
            start: start, isEnd: marker, isKeyFrame: start == .certain && !descriptor.refersToPictures,
            temporalLayer: descriptor.layer?.temporal ?? 0, references: descriptor.references)
    }

    public mutating func assemble(
        _ payloads: some Sequence<ByteBuffer>, isKeyFrame: Bool, into data: inout ByteBuffer
    ) throws(VideoPayloadError) -> VideoFrameProperties {
        var structure: VP9ScalabilityStructure?
        var highest = 0
        var index = SuperframeIndex()
        for payload in payloads {
            let descriptor = try VP9PayloadDescriptor(parsing: payload)
            structure = descriptor.structure ?? structure
            highest = Int(descriptor.layer?.spatial ?? 0)
            if descriptor.startsLayerFrame { index.begin(at: data.readableBytes) }
            var payload = payload
            payload.moveReaderIndex(forwardBy: descriptor.length)
            data.writeBuffer(&payload)
        }
        index.write(to: &data)
        guard isKeyFrame else { return VideoFrameProperties() }
        let own = try Self.size(ofKeyFrame: data)
        return VideoFrameProperties(size: highest == 0 ? own : structure?.size(ofLayer: highest))
    }

    /// - Parameter data: a picture; its first frame is the one that is read.
    private static func size(ofKeyFrame data: ByteBuffer) throws(VideoPayloadError) -> VideoSize {
        let header: VP9UncompressedHeader
        do throws(VideoHeaderError) {
            header = try data.withReadableBytes { (bytes) throws(VideoHeaderError) in
                try VP9UncompressedHeader(parsing: bytes)
            }
        } catch { throw VideoPayloadError(error) }
        guard header.isKeyFrame, let size = header.size else { throw .malformed(.frameHeader) }
        return size
    }
}

extension VP9PayloadDescriptor {
    var references: VideoReferences {
        guard let pictureID else {
            guard let layer, let base = layer.baseIndex else { return .precedingFrame }
            return .layered(
                TemporalLayering(pictureID: nil, baseIndex: base, isSwitchingPoint: layer.isSwitchingPoint))
        }
        if isFlexible { return .listed(pictureID, pictureDistances) }
        guard let layer, let base = layer.baseIndex else { return .numbered(pictureID) }
        return .layered(
            TemporalLayering(pictureID: pictureID, baseIndex: base, isSwitchingPoint: layer.isSwitchingPoint))
    }
}

/// Tells decoders where the layers' frames of one picture lie (VP9 bitstream specification, annex B).
private struct SuperframeIndex {
    private var starts = SIMD8<UInt32>()
    private var count = 0

    mutating func begin(at start: Int) {
        guard count < 8 else { return }
        starts[count] = UInt32(clamping: start)
        count += 1
    }

    /// One frame needs none, and may have its own.
    func write(to data: inout ByteBuffer) {
        guard count > 1 else { return }
        let marker = UInt8(0xC0 | 3 << 3 | (count - 1))
        let end = UInt32(clamping: data.readableBytes)
        data.writeInteger(marker)
        for frame in 0..<count {
            let next = frame + 1 < count ? starts[frame + 1] : end
            data.writeInteger(next &- starts[frame], endianness: .little)
        }
        data.writeInteger(marker)
    }
}
