import CVPX
import NIOCore
import Pictures
import RTCMedia

/// How a VP8 stream is encoded.
public struct VP8Encoding: Hashable, Sendable {
    /// Target in bits per second, from 1000; from 4000 where there are temporal layers, which share it.
    public var bitrate = 500_000
    /// Pictures a second that are expected, from 1: what the rate is spread over.
    public var frameRate = 15
    /// Effort, 0 (least) to 16.
    public var effort = 8
    /// 1 to 3: without the last layer there are half as many pictures, and what is left decodes the same. Key frames come
    /// only where they are asked for, if there is more than one.
    public var temporalLayers = 1

    public init() {}

    /// The library counts in thousands, and each layer must have more than the one below.
    fileprivate var leastBitrate: Int { temporalLayers > 1 ? 4_000 : 1_000 }
}

/// Encodes VP8 through libvpx, for real time: no picture waits for a later one. Equal pictures give equal bytes.
final class VP8Encoder {
    private var encoding: VP8Encoding
    private var state: OpaquePointer?
    private var width = 0
    private var height = 0
    /// In the library's time, which must grow.
    private var last: Int64 = -1
    private var first: Int64 = 0
    /// For pictures whose range is converted.
    private let pool = PicturePool(mostPixels: .max, mostKept: 1)

    init(_ encoding: VP8Encoding) throws(VideoEncodingError) {
        guard encoding.bitrate >= encoding.leastBitrate, Int32(exactly: encoding.bitrate) != nil,
            (1...1_000).contains(encoding.frameRate),
            (0...16).contains(encoding.effort), (1...3).contains(encoding.temporalLayers)
        else { throw .badArgument }
        self.encoding = encoding
    }

    deinit { jask_vpx_encoder_free(state) }

    func setBitrate(_ bitrate: Int) throws(VideoEncodingError) {
        guard bitrate >= encoding.leastBitrate, Int32(exactly: bitrate) != nil else { throw .badArgument }
        encoding.bitrate = bitrate
        guard let state else { return }
        var values = libraryValues
        try check(jask_vpx_encoder_change(state, &values))
    }

    func encode(
        _ picture: I420Picture, timestamp: Int64, isKeyFrame: Bool
    ) throws(VideoEncodingError) -> EncodedPicture? {
        let state = try encoder(for: picture, at: timestamp)
        // Other clocks than ours may stand still.
        last = max(last + 1, timestamp.subtractingReportingOverflow(first).partialValue)
        let limited = try picture.converted(to: .limited, in: pool)
        try limited.withPlanes { (planes) throws(VideoEncodingError) in
            var source = jask_vpx_picture()
            source.planes = (planes.y.samples, planes.u.samples, planes.v.samples)
            source.strides = (Int32(planes.y.stride), Int32(planes.u.stride), Int32(planes.v.stride))
            (source.width, source.height) = (Int32(width), Int32(height))
            let duration = Int64(90_000 / encoding.frameRate)
            let status = jask_vpx_encode(state, &source, last, duration, isKeyFrame ? 1 : 0)
            try check(status)
        }
        return taken(from: state)
    }

    private var libraryValues: jask_vpx_encoding {
        jask_vpx_encoding(
            width: Int32(width), height: Int32(height), bitrate: Int32(encoding.bitrate / 1_000),
            frame_rate: Int32(encoding.frameRate), speed: Int32(encoding.effort - 16),
            temporal_layers: Int32(encoding.temporalLayers))
    }

    private func encoder(for picture: I420Picture, at timestamp: Int64) throws(VideoEncodingError) -> OpaquePointer {
        if let state, picture.width == width, picture.height == height { return state }
        jask_vpx_encoder_free(state)
        (width, height, first, last) = (picture.width, picture.height, timestamp, -1)
        var values = libraryValues
        state = jask_vpx_encoder_new(&values)
        guard let state else { throw .badArgument }
        return state
    }

    private func taken(from state: OpaquePointer) -> EncodedPicture? {
        var frame = jask_vpx_frame()
        guard jask_vpx_take_packet(state, &frame) != 0, let start = frame.data, frame.size > 0 else { return nil }
        var picture = EncodedPicture(
            data: ByteBuffer(bytes: UnsafeBufferPointer(start: start, count: frame.size)),
            isKeyFrame: frame.is_key_frame != 0)
        if encoding.temporalLayers > 1 {
            picture.temporal = TemporalPlace(
                layer: UInt8(frame.temporal_layer), refersToBaseOnly: frame.refers_to_base_only != 0,
                isNonReference: frame.is_non_reference != 0)
        }
        return picture
    }

    private func check(_ status: Int32) throws(VideoEncodingError) {
        guard status != jask_vpx_ok.rawValue else { return }
        throw status == jask_vpx_no_memory.rawValue ? .outOfMemory : .library(Int(status))
    }
}
