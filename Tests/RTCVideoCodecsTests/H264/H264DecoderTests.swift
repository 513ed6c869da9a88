import NIOCore
import Pictures
import RTCMedia
import Testing

@testable import RTCVideoCodecs

/// Streams of x264, through ffmpeg.
@Suite(.enabled(if: Program.isThere("ffmpeg"), "needs ffmpeg")) struct H264DecoderTests {
    private static let source = "testsrc2=size=322x180:rate=15:duration=2"

    private static func stream(_ arguments: [String], source: String = source) throws -> [EncodedVideoFrame] {
        try FFmpeg.encode(.h264, arguments: ["-c:v", "libx264", "-bf", "0", "-g", "15"] + arguments, source: source)
    }

    @Test(
        "Baseline, main and high profile decode to what ffmpeg makes of them",
        arguments: ["baseline", "main", "high"], ["tv", "pc"])
    func profiles(profile: String, range: String) throws {
        let frames = try Self.stream([
            "-profile:v", profile, "-pix_fmt", range == "pc" ? "yuvj420p" : "yuv420p", "-color_range", range,
        ])
        #expect(frames.count == 30)
        let decoder = VideoDecoder(.h264)
        let pictures = try frames.compactMap { try decoder.decode($0) }
        #expect(pictures.count == 30)
        #expect(pictures.allSatisfy { $0.width == 322 && $0.height == 180 })
        #expect(pictures.allSatisfy { $0.range == (range == "pc" ? .full : .limited) })
        #expect(try FFmpeg.decode(frames) == pictures.flatMap(\.samples))
    }

    @Test("B-frames come out one for one, in the order of decoding", arguments: ["main", "high"])
    func reordered(profile: String) throws {
        let frames = try Self.stream([
            "-profile:v", profile, "-pix_fmt", "yuv420p", "-bf", "2", "-b_strategy", "0", "-g", "60", "-x264opts",
            "b-pyramid=none:scenecut=0",
        ])
        let decoder = VideoDecoder(.h264)
        let pictures = try frames.map { try #require(try decoder.decode($0)).samples }
        let shown = try FFmpeg.decode(frames)
        try #require(pictures.count == 30 && shown.count == pictures.joined().count)
        // The library is not exact in B-frames, so each is the picture that it is nearest to.
        let differences = pictures.map { samples in (0..<30).map { Self.difference(samples, from: shown, place: $0) } }
        let places = differences.map { of in of.indices.min { of[$0] < of[$1] } ?? 30 }
        var expected = [0]
        for last in stride(from: 3, through: 27, by: 3) { expected += [last, last - 2, last - 1] }
        #expect(Array(places.prefix(28)) == expected)
        #expect(Set(places) == Set(0..<30))
        let worst = differences.compactMap { $0.min() }.max() ?? .infinity
        #expect(worst < 1, "\(worst) of 255 a sample")
    }

    /// The mean difference from one of several pictures, by every seventh sample.
    private static func difference(_ samples: [UInt8], from pictures: [UInt8], place: Int) -> Double {
        let (start, all) = (place * samples.count, stride(from: 0, to: samples.count, by: 7))
        let sum = all.reduce(0) { $0 + abs(Int(samples[$1]) - Int(pictures[start + $1])) }
        return Double(sum * 7) / Double(samples.count)
    }

    @Test("What is not decoded is named before the library sees it")
    func unsupported() throws {
        let fields = try Self.stream(["-flags", "+ildct+ilme", "-x264opts", "tff=1", "-pix_fmt", "yuv420p"])
        #expect(throws: VideoDecodingError.unsupported(.interlaced)) { try VideoDecoder(.h264).decode(fields[0]) }
        let dense = try Self.stream(["-profile:v", "high444", "-pix_fmt", "yuv444p"])
        #expect(throws: VideoDecodingError.unsupported(.sampling)) { try VideoDecoder(.h264).decode(dense[0]) }
        let deep = try Self.stream(["-profile:v", "high10", "-pix_fmt", "yuv420p10le"])
        #expect(throws: VideoDecodingError.unsupported(.bitDepth(10))) { try VideoDecoder(.h264).decode(deep[0]) }
    }

    @Test("A picture that is greater than allowed is refused by its parameters")
    func bomb() throws {
        let great = try Self.stream(
            ["-pix_fmt", "yuv420p", "-preset", "ultrafast"], source: "color=size=4096x2304:rate=1:duration=1")
        let size = VideoSize(width: 4_096, height: 2_304)
        #expect(throws: VideoDecodingError.refusedSize(size)) { try VideoDecoder(.h264).decode(great[0]) }
        var limits = VideoDecodingLimits()
        limits.mostPixels = 4_096 * 2_304
        let decoder = VideoDecoder(.h264, limits: limits, pool: PicturePool(mostPixels: limits.mostPixels))
        #expect(try decoder.decode(great[0])?.width == 4_096)
    }

    @Test("Broken frames are errors, and a key frame mends it")
    func corrupted() throws {
        let frames = try Self.stream(["-pix_fmt", "yuv420p"])
        let decoder = VideoDecoder(.h264)
        #expect(throws: VideoDecodingError.awaitsKeyFrame) { try decoder.decode(frames[1]) }
        #expect(try decoder.decode(frames[0]) != nil)
        let whole = frames[1].data
        let half = try #require(whole.getSlice(at: whole.readerIndex, length: whole.readableBytes / 2))
        #expect(throws: VideoDecodingError.self) { try decoder.decode(.test(.h264, half)) }
        #expect(throws: VideoDecodingError.awaitsKeyFrame) { try decoder.decode(frames[2]) }
        #expect(try decoder.decode(frames[15]) != nil)
        #expect(try decoder.decode(frames[16]) != nil)
        #expect(throws: VideoDecodingError.malformedHeader(.wrongMarker)) {
            try decoder.decode(.test(.h264, ByteBuffer(bytes: [1, 2, 3, 4, 5])))
        }
    }

    @Test("A lost frame is an error of the next, not a picture with traces of others")
    func lostReference() throws {
        let frames = try Self.stream(["-pix_fmt", "yuv420p", "-g", "60"])
        let decoder = VideoDecoder(.h264)
        for frame in frames[0..<5] { #expect(try decoder.decode(frame) != nil) }
        #expect(throws: VideoDecodingError.corrupt) { try decoder.decode(frames[6]) }
    }
}
