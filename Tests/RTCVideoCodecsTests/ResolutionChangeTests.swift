import Foundation
import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import Testing

/// One codec after the other, since memory is the whole process's.
@Suite(.serialized) struct ResolutionChangeTests {
    @Test("Memory does not grow over 1,000 changes of resolution", arguments: [VideoCodec.vp8, .jpeg, .vp9, .h264])
    func flat(codec: VideoCodec) throws {
        let streams = try Self.streams(codec)
        guard !streams.isEmpty else { return }
        let decoder = VideoDecoder(codec)
        func change(_ times: Int) throws {
            for number in 0..<times {
                for frame in streams[number % streams.count] { _ = try decoder.decode(frame) }
            }
        }
        try change(100)
        // Tests beside this one take memory and give it back; what leaks grows in every round.
        var growth = Int.max
        for _ in 0..<4 where growth >= Self.bound {
            let before = Memory.resident
            try change(1_000)
            growth = min(growth, Memory.resident - before)
        }
        print("\(codec.rawValue): \(growth / 1024) KiB more after 1,000 changes of resolution")
        // A sanitizer keeps what was freed, and finds leaks itself.
        guard ProcessInfo.processInfo.environment["JASK_SANITIZE"] == nil else { return }
        #expect(growth < Self.bound)
    }

    /// A seventh of what would come together if only the pictures of 640 × 360 were kept.
    private static let bound = 8 << 20

    /// Two frames each of several sizes.
    private static func streams(_ codec: VideoCodec) throws -> [[EncodedVideoFrame]] {
        let sizes = [(640, 360), (320, 180), (8, 8), (180, 320), (2, 2), (318, 178)]
        switch codec {
        case .vp8: return try sizes.map { try ours(.vp8(VP8Encoding()), codec, $0) }
        case .jpeg: return try sizes.map { try ours(.jpeg(JPEGEncoding()), codec, $0) }
        case .vp9, .h264:
            guard Program.isThere("ffmpeg") else {
                print("\(codec.rawValue) left out: needs ffmpeg")
                return []
            }
            let encoder = codec == .vp9 ? ["libvpx-vp9", "-lag-in-frames", "0"] : ["libx264", "-bf", "0"]
            return try sizes.filter { $0.0 >= 16 }.map { width, height in
                try FFmpeg.encode(
                    codec, arguments: ["-pix_fmt", "yuv420p", "-c:v"] + encoder,
                    source: "testsrc2=size=\(width)x\(height):rate=2:duration=1")
            }
        }
    }

    private static func ours(
        _ format: VideoEncoder.Format, _ codec: VideoCodec, _ size: (Int, Int)
    ) throws -> [EncodedVideoFrame] {
        let encoder = try VideoEncoder(format)
        return try (0..<2).map { step in
            let picture = try TestPicture.moving(width: size.0, height: size.1, step: step)
            return .test(codec, try #require(try encoder.encode(picture, timestamp: Int64(step) * 6_000)))
        }
    }
}
