import CVPX
import Pictures
import RTCMedia

/// VP8 and VP9 through libvpx. On one thread at a time.
struct VPXDecoder: ~Copyable {
    private let state: OpaquePointer

    /// - Parameter isVP9: VP8 otherwise.
    init(isVP9: Bool) throws(VideoDecodingError) {
        guard let state = jask_vpx_decoder_new(isVP9 ? JASK_VP9 : JASK_VP8) else { throw .outOfMemory }
        self.state = state
    }

    deinit { jask_vpx_decoder_free(state) }

    /// Decodes a frame (VP9: a superframe) whose headers have been checked.
    /// - Returns: the last picture to be shown, if there is one.
    func decode(_ bytes: UnsafeRawBufferPointer, into pool: PicturePool) throws(VideoDecodingError) -> I420Picture? {
        let status = jask_vpx_decode(state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        guard status == jask_vpx_ok.rawValue else { throw Self.error(status) }
        var decoded = jask_vpx_picture()
        switch jask_vpx_take_picture(state, &decoded) {
        case 0: return nil
        case 1: break
        default: throw .unsupported(.sampling)
        }
        guard let y = decoded.planes.0, let u = decoded.planes.1, let v = decoded.planes.2 else { throw .corrupt }
        return try pool.copy(
            (y, u, v), strides: decoded.strides, width: Int(decoded.width), height: Int(decoded.height),
            range: decoded.is_full_range != 0 ? .full : .limited)
    }

    private static func error(_ status: Int32) -> VideoDecodingError {
        switch UInt32(bitPattern: status) {
        case jask_vpx_no_memory.rawValue: .outOfMemory
        case jask_vpx_corrupt.rawValue, jask_vpx_unsupported.rawValue: .corrupt
        default: .library(Int(status))
        }
    }
}
