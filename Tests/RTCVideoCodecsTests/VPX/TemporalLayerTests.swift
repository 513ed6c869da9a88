import Foundation
import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import Testing

/// What is saved where only the lowest of temporal layers is decoded.
@Suite(.serialized) struct TemporalLayerTests {
    /// 640 × 360 at 30 a second, 8 s, as cameras send it: plain, and in three temporal layers.
    private static func stream(layered: Bool) throws -> [EncodedVideoFrame] {
        let layers =
            "ts_number_layers=3:ts_target_bitrate=300,420,600:ts_rate_decimator=4,2,1:ts_periodicity=4"
            + ":ts_layer_id=0,2,1,2:ts_layering_mode=3"
        return try FFmpeg.encode(
            .vp8,
            arguments: [
                "-pix_fmt", "yuv420p", "-c:v", "libvpx", "-b:v", "600k", "-deadline", "realtime", "-cpu-used", "8",
                "-g",
                "3000", "-error-resilient", "default", "-auto-alt-ref", "0", "-lag-in-frames", "0",
            ] + (layered ? ["-ts-parameters", layers] : []),
            source: "testsrc2=size=640x360:rate=30:duration=8,noise=alls=8:allf=t")
    }

    private static func processorTime(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let began = now()
        try body()
        return now() - began
    }

    @Test(
        "the lowest layer alone gives the pictures that it gives among the others, for a fraction of the time",
        .enabled(if: Program.isThere("ffmpeg"), "needs ffmpeg: scripts/setup media"))
    func lowest() throws {
        let plain = try Self.stream(layered: false)
        let layered = try Self.stream(layered: true)
        #expect(plain.count == 240 && layered.count == 240)
        let (first, second, third) = (VideoDecoder(.vp8), VideoDecoder(.vp8), VideoDecoder(.vp8))
        var whole: [[UInt8]] = []
        for (index, frame) in layered.enumerated() {
            let picture = try first.decode(frame)
            if index % 4 == 0 { whole.append(try #require(picture).samples) }
        }
        var alone: [[UInt8]] = []
        let lowest = layered.enumerated().filter { $0.offset % 4 == 0 }.map(\.element)
        for frame in lowest { alone.append(try #require(try second.decode(frame)).samples) }
        #expect(whole == alone)
        let all = try Self.processorTime { for frame in plain { _ = try third.decode(frame) } }
        let fourth = VideoDecoder(.vp8)
        let few = try Self.processorTime { for frame in lowest { _ = try fourth.decode(frame) } }
        print(
            "VP8, 640 × 360, 30 a second: \((all / 8 * 1000).rounded() / 10) % of a core for all,"
                + " \((few / 8 * 1000).rounded() / 10) % for the lowest of three layers")
        // A quarter of the frames, each with more in it.
        #expect(few < all * 0.6)
    }
}
