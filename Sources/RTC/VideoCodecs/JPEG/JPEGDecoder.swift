import CJPEG
import NIOCore
import Pictures
import RTCMedia

/// JPEG through libjpeg, straight to luma and chroma. Each file stands alone.
enum JPEGDecoder {
    /// A progressive file costs the time of a picture for each of its scans; encoders make about ten.
    private static let mostScans: Int32 = 32

    /// - Returns: the picture, and how often the library found the file odd, but whole.
    static func decode(
        _ data: ByteBuffer, limits: VideoDecodingLimits, into pool: PicturePool
    ) throws(VideoDecodingError) -> (I420Picture, warnings: Int) {
        let size = try headers(of: data, limits: limits).size
        var warnings = 0
        let picture = try pool.picture(width: size.width, height: size.height, range: .full) {
            (planes) throws(VideoDecodingError) in
            var target = jask_jpeg_picture()
            target.planes = (planes.y, planes.u, planes.v)
            target.strides = (Int32(planes.stride), Int32(planes.chromaStride), Int32(planes.chromaStride))
            (target.width, target.height) = (Int32(size.width), Int32(size.height))
            warnings = try read(data, into: target)
        }
        return (picture, warnings)
    }

    /// Whether a file would be decoded, as far as that can be told without: by its headers, and by the end of its picture.
    static func check(_ data: ByteBuffer, limits: VideoDecodingLimits) throws(VideoDecodingError) {
        _ = try headers(of: data, limits: limits)
        let bytes = data.readableBytesView
        let ends = zip(bytes, bytes.dropFirst()).contains { $0 == 0xFF && $1 == 0xD9 }
        guard ends else { throw .corrupt }
    }

    private static func headers(
        of data: ByteBuffer, limits: VideoDecodingLimits
    ) throws(VideoDecodingError) -> JPEGFile {
        let file: JPEGFile
        do throws(JPEGFileError) { file = try JPEGFile(parsing: data) } catch { throw .malformedJPEG(error) }
        try check(file, limits: limits)
        return file
    }

    private static func check(_ file: JPEGFile, limits: VideoDecodingLimits) throws(VideoDecodingError) {
        if case .other = file.coding { throw .unsupported(.coding) }
        guard file.precision == 8 else { throw .unsupported(.bitDepth(file.precision)) }
        guard file.components.count == 1 || file.components.count == 3 else { throw .unsupported(.colourSpace) }
        try limits.check(width: file.size.width, height: file.size.height)
    }

    private static func read(_ data: ByteBuffer, into target: jask_jpeg_picture) throws(VideoDecodingError) -> Int {
        var target = target
        var warnings = 0
        let status = data.withUnsafeReadableBytes { bytes in
            jask_jpeg_read(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, mostScans, &target, &warnings)
        }
        switch status {
        case jask_jpeg_ok: return warnings
        case jask_jpeg_unsupported: throw .unsupported(.sampling)
        case jask_jpeg_no_memory: throw .outOfMemory
        default: throw .corrupt
        }
    }
}
