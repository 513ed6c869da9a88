import Perception
import PerceptionModels
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Testing

/// A camera whose grey picture changes with each frame, in VP8 as a receiver hands it out; a second of arrivals first.
struct GreyCamera {
    private let encoder: VideoEncoder
    private let pool = PicturePool()
    private let size: VideoSize
    /// From one picture to the next, in 90 kHz ticks.
    private let step: Int64
    private var index: Int64 = 0

    init(width: Int = 320, height: Int = 180, step: Int64 = 9000) throws {
        encoder = try VideoEncoder(.vp8(VP8Encoding()))
        size = VideoSize(width: width, height: height)
        self.step = step
    }

    /// When the next picture comes.
    var now: Instant { Instant(nanoseconds: 1_000_000_000 + step * index * 100_000 / 9) }

    mutating func next(isKeyFrame: Bool = false) throws -> EncodedVideoFrame {
        let shift = 7 * Int(index)
        let picture = try pool.makePicture(width: size.width, height: size.height, range: .limited) { planes in
            for at in 0..<planes.stride * planes.height { planes.y[at] = UInt8(60 + (at + shift) % 100) }
            for at in 0..<planes.chromaStride * planes.chromaHeight { (planes.u[at], planes.v[at]) = (128, 128) }
        }
        let encoded = try encoder.encode(picture, timestamp: step * index, isKeyFrame: isKeyFrame)
        let frame = try #require(encoded)
        defer { index += 1 }
        return EncodedVideoFrame(
            codec: .vp8, isKeyFrame: frame.isKeyFrame, data: frame.data, rtpTimestamp: step * index,
            size: frame.isKeyFrame ? size : nil, arrival: now)
    }

    /// So many frames.
    static func film(
        _ count: Int, width: Int = 320, height: Int = 180, step: Int64 = 9000
    ) throws -> [EncodedVideoFrame] {
        var camera = try GreyCamera(width: width, height: height, step: step)
        return try (0..<count).map { _ in try camera.next() }
    }
}
