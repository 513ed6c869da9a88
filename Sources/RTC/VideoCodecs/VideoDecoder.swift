import NIOCore
import Pictures
import RTCMedia

/// Decodes the frames of one track to pictures, through the field's libraries. On one thread at a time, and that thread
/// alone.
///
/// A frame's own headers are read and held against the limits before a library sees it. After an error the library's
/// state is thrown away: what comes until the next key frame is refused as ``VideoDecodingError/awaitsKeyFrame``.
public final class VideoDecoder {
    public let codec: VideoCodec
    /// How often a JPEG file was odd, but whole: bytes between segments, an unknown version.
    public private(set) var warnings = 0
    private let limits: VideoDecodingLimits
    private let pool: PicturePool
    private var vpx: VPXDecoder?
    private var h264: H264Decoder?
    private var h264Headers = H264Headers()

    /// - Parameter pool: where the pictures' memory comes from; it has limits of its own.
    public init(_ codec: VideoCodec, limits: VideoDecodingLimits = .init(), pool: PicturePool = PicturePool()) {
        self.codec = codec
        self.limits = limits
        self.pool = pool
    }

    /// Whether a JPEG file would be decoded, as far as that can be told without: cheap, for one that nobody looks at.
    public static func check(jpeg data: ByteBuffer, limits: VideoDecodingLimits) throws(VideoDecodingError) {
        guard data.readableBytes <= limits.mostBytes else { throw .tooManyBytes(data.readableBytes) }
        try JPEGDecoder.check(data, limits: limits)
    }

    /// Decodes one frame. Frames are given in the order of decoding.
    /// - Returns: its picture; nil where the frame shows none (it is only referred to). Of a VP9 picture's spatial layers
    ///   the highest is shown.
    public func decode(_ frame: EncodedVideoFrame) throws(VideoDecodingError) -> I420Picture? {
        guard frame.codec == codec else { throw .otherCodec(frame.codec) }
        guard frame.data.readableBytes <= limits.mostBytes else { throw .tooManyBytes(frame.data.readableBytes) }
        do throws(VideoDecodingError) {
            return try decode(frame.data)
        } catch {
            vpx = nil
            h264 = nil
            throw error
        }
    }

    private func decode(_ data: ByteBuffer) throws(VideoDecodingError) -> I420Picture? {
        switch codec {
        case .vp8: try data.withReadableBytes { (bytes) throws(VideoDecodingError) in try decodeVP8(bytes) }
        case .vp9: try decodeVP9(data)
        case .h264: try decodeH264(data)
        case .jpeg: try decodeJPEG(data)
        }
    }

    private func decodeVP8(_ bytes: UnsafeRawBufferPointer) throws(VideoDecodingError) -> I420Picture? {
        let header: VP8FrameHeader
        do throws(VideoHeaderError) { header = try VP8FrameHeader(parsing: bytes) } catch {
            throw .malformedHeader(error)
        }
        guard !header.isCut else { throw .malformedHeader(.truncated) }
        if let size = header.size { try limits.check(width: size.width, height: size.height) }
        if vpx == nil {
            guard header.isKeyFrame else { throw .awaitsKeyFrame }
            vpx = try VPXDecoder(isVP9: false)
        }
        let picture = try vpx?.decode(bytes, into: pool)
        return header.isShown ? picture : nil
    }

    private func decodeVP9(_ data: ByteBuffer) throws(VideoDecodingError) -> I420Picture? {
        let frames = try data.withReadableBytes { (bytes) throws(VideoDecodingError) in
            try VP9Superframe.check(bytes, limits: limits)
        }
        if vpx == nil {
            guard frames.beginsWithKeyFrame else { throw .awaitsKeyFrame }
            vpx = try VPXDecoder(isVP9: true)
        }
        var indexed = data
        if !frames.hasIndex { indexed.writeBytes(VP9Superframe.index(ofSize: data.readableBytes)) }
        return try indexed.withReadableBytes { (bytes) throws(VideoDecodingError) in
            try vpx?.decode(bytes, into: pool)
        }
    }

    private func decodeH264(_ data: ByteBuffer) throws(VideoDecodingError) -> I420Picture? {
        let contents = try data.withReadableBytes { (bytes) throws(VideoDecodingError) in
            try h264Headers.check(bytes, limits: limits)
        }
        let beginsAnew = contents.hasKeySlice && contents.hasSequenceParameters && contents.hasPictureParameters
        let isFresh = h264 == nil
        if isFresh {
            guard contents.hasKeySlice else { throw .awaitsKeyFrame }
            guard beginsAnew else { throw .malformedHeader(.missingPart) }
            h264 = try H264Decoder()
        }
        var told = data
        for (offset, profile) in contents.profiles { told.setInteger(profile, at: told.readerIndex + offset) }
        do throws(VideoDecodingError) {
            // What was decoded before may have left the library waiting for pictures that never come.
            if let picture = try decodeH264(told: told) { return picture }
            guard beginsAnew, !isFresh else { return nil }
        } catch {
            guard beginsAnew, !isFresh else { throw error }
        }
        h264 = try H264Decoder()
        return try decodeH264(told: told)
    }

    private func decodeH264(told: ByteBuffer) throws(VideoDecodingError) -> I420Picture? {
        try told.withReadableBytes { (bytes) throws(VideoDecodingError) in
            try h264?.decode(bytes, range: h264Headers.range, into: pool)
        }
    }

    private func decodeJPEG(_ data: ByteBuffer) throws(VideoDecodingError) -> I420Picture? {
        let (picture, count) = try JPEGDecoder.decode(data, limits: limits, into: pool)
        warnings += count
        return picture
    }
}
