import COpenH264
import Pictures
import RTCMedia

/// H.264 through openh264. On one thread at a time.
struct H264Decoder: ~Copyable {
    private let state: OpaquePointer

    init() throws(VideoDecodingError) {
        guard let state = jask_openh264_decoder_new() else { throw .outOfMemory }
        self.state = state
    }

    deinit { jask_openh264_decoder_free(state) }

    /// Decodes an access unit whose parameter sets have been checked.
    func decode(
        _ bytes: UnsafeRawBufferPointer, range: SampleRange, into pool: PicturePool
    ) throws(VideoDecodingError) -> I420Picture? {
        var decoded = jask_openh264_picture()
        let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        switch UInt32(bitPattern: jask_openh264_decode(state, data, bytes.count, &decoded)) {
        case jask_openh264_ok.rawValue: break
        case jask_openh264_no_memory.rawValue: throw .outOfMemory
        default: throw .corrupt
        }
        guard let y = decoded.planes.0, let u = decoded.planes.1, let v = decoded.planes.2 else { return nil }
        return try pool.copy(
            (y, u, v), strides: decoded.strides, width: Int(decoded.width), height: Int(decoded.height), range: range)
    }
}
