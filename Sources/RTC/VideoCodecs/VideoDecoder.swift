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
    private let limits: VideoDecodingLimits
    private let pool: PicturePool
    private var vpx: VPXDecoder?

    /// - Parameter pool: where the pictures' memory comes from; it has limits of its own.
    public init(
        _ codec: VideoCodec, limits: VideoDecodingLimits = .init(), pool: PicturePool = PicturePool()
    ) {
        self.codec = codec
        self.limits = limits
        self.pool = pool
    }

    /// Decodes one frame. Frames are given in the order of decoding.
    /// - Returns: its picture; nil where the frame shows none (it is only referred to).
    public func decode(_ frame: EncodedVideoFrame) throws(VideoDecodingError) -> I420Picture? {
        guard frame.codec == codec else { throw .otherCodec(frame.codec) }
        guard frame.data.readableBytes <= limits.mostBytes else { throw .tooManyBytes(frame.data.readableBytes) }
        let result = frame.data.withUnsafeReadableBytes { bytes -> Result<I420Picture?, VideoDecodingError> in
            do throws(VideoDecodingError) { return .success(try decode(bytes)) } catch { return .failure(error) }
        }
        if case .failure = result { vpx = nil }
        return try result.get()
    }

    private func decode(_ bytes: UnsafeRawBufferPointer) throws(VideoDecodingError) -> I420Picture? {
        switch codec {
        case .vp8: try decodeVP8(bytes)
        case .vp9, .h264, .jpeg: throw .unsupported(.coding)
        }
    }

    private func decodeVP8(_ bytes: UnsafeRawBufferPointer) throws(VideoDecodingError) -> I420Picture? {
        let header: VP8FrameHeader
        do throws(VideoHeaderError) { header = try VP8FrameHeader(parsing: bytes) } catch {
            throw .malformedHeader(error)
        }
        if let size = header.size { try limits.check(width: size.width, height: size.height) }
        if vpx == nil {
            guard header.isKeyFrame else { throw .awaitsKeyFrame }
            vpx = try VPXDecoder(isVP9: false)
        }
        let picture = try vpx?.decode(bytes, into: pool)
        return header.isShown ? picture : nil
    }
}
