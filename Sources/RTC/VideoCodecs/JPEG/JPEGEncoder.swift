import CJPEG
import NIOCore
import Pictures

/// How JPEG pictures are encoded.
public struct JPEGEncoding: Hashable, Sendable {
    /// How chroma is sampled. Pictures have 4:2:0; others repeat its samples.
    public enum Sampling: Hashable, Sendable, CaseIterable {
        case yuv420, yuv422, yuv444
    }

    /// 1 (worst) to 100.
    public var quality = 75
    public var sampling = Sampling.yuv420
    /// MCUs between restart markers, to 65535; 0 for none.
    public var restartInterval = 0
    /// Whether each picture has codes made for it, some percent shorter. RTP (RFC 2435) cannot carry such files.
    public var hasOwnCodes = false
    /// From coarse to fine; RTP cannot carry such files.
    public var isProgressive = false

    public init() {}
}

/// JPEG through libjpeg, as JFIF files. Each stands alone.
struct JPEGEncoder {
    let encoding: JPEGEncoding
    /// For pictures whose range is converted.
    private let pool = PicturePool(mostPixels: .max, mostKept: 1)

    init(_ encoding: JPEGEncoding) throws(VideoEncodingError) {
        guard (1...100).contains(encoding.quality), (0...65_535).contains(encoding.restartInterval) else {
            throw .badArgument
        }
        self.encoding = encoding
    }

    func encode(_ picture: I420Picture) throws(VideoEncodingError) -> EncodedPicture {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        defer { jask_jpeg_free(start) }
        let status = try picture.converted(to: .full, in: pool).withPlanes { planes in
            var source = jask_jpeg_picture()
            source.planes = (
                UnsafeMutablePointer(mutating: planes.y.samples), UnsafeMutablePointer(mutating: planes.u.samples),
                UnsafeMutablePointer(mutating: planes.v.samples)
            )
            source.strides = (Int32(planes.y.stride), Int32(planes.u.stride), Int32(planes.v.stride))
            (source.width, source.height) = (Int32(picture.width), Int32(picture.height))
            var values = libraryValues
            return jask_jpeg_write(&source, &values, &start, &count)
        }
        switch status {
        case jask_jpeg_ok: break
        case jask_jpeg_no_memory: throw .outOfMemory
        default: throw .badArgument
        }
        return EncodedPicture(
            data: ByteBuffer(bytes: UnsafeBufferPointer(start: start, count: count)), isKeyFrame: true)
    }

    private var libraryValues: jask_jpeg_encoding {
        let sampling: Int32 =
            switch encoding.sampling {
            case .yuv420: 420
            case .yuv422: 422
            case .yuv444: 444
            }
        return jask_jpeg_encoding(
            quality: Int32(encoding.quality), restart_interval: Int32(encoding.restartInterval), sampling: sampling,
            has_own_codes: encoding.hasOwnCodes ? 1 : 0, is_progressive: encoding.isProgressive ? 1 : 0)
    }
}
