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

    /// What our own encoder makes of 40 pictures, a key frame asked for at the 22nd.
    private static func encoded(_ layers: Int) throws -> [EncodedPicture] {
        var encoding = VP8Encoding()
        encoding.temporalLayers = layers
        let encoder = try VideoEncoder(.vp8(encoding))
        return try (0..<40).map { index in
            let picture = try TestPicture.moving(width: 160, height: 96, step: index)
            let timestamp = Int64(index * 6_000)
            return try #require(try encoder.encode(picture, timestamp: timestamp, isKeyFrame: index == 22))
        }
    }

    private static func decoded(_ pictures: [(offset: Int, element: EncodedPicture)]) throws -> [Int: [UInt8]] {
        let decoder = VideoDecoder(.vp8)
        var samples: [Int: [UInt8]] = [:]
        for (index, picture) in pictures {
            let frame = EncodedVideoFrame.test(.vp8, picture)
            samples[index] = try #require(try decoder.decode(frame), "picture \(index)").samples
        }
        return samples
    }

    @Test("our encoder's layers come in libwebrtc's order, and what is left without the upper ones decodes the same")
    func ours() throws {
        for (layers, pattern) in [(2, [0, 1]), (3, [0, 2, 1, 2])] {
            let pictures = Array(try Self.encoded(layers).enumerated())
            let places = pictures.compactMap(\.element.temporal)
            let expected = (0..<40).map { UInt8(pattern[($0 < 22 ? $0 : $0 - 22) % pattern.count]) }
            #expect(places.map(\.layer) == expected)
            #expect(pictures.filter(\.element.isKeyFrame).map(\.offset) == [0, 22])
            let whole = try Self.decoded(pictures)
            for most in 0..<(layers - 1) {
                let left = pictures.filter { Int($0.element.temporal?.layer ?? 9) <= most }
                #expect(left.count < 40)
                for (index, samples) in try Self.decoded(left) { #expect(samples == whole[index], "\(index)") }
            }
            // What says that it refers to the lowest layer alone decodes after it, without what is between.
            let claims = pictures.filter { $0.element.temporal?.refersToBaseOnly == true }
            #expect(!claims.isEmpty)
            for claim in claims {
                let base = pictures.filter { $0.offset < claim.offset && $0.element.temporal?.layer == 0 }
                #expect(try Self.decoded(base + [claim])[claim.offset] == whole[claim.offset], "\(claim.offset)")
            }
            // Where there are more, some do not.
            #expect(layers == 2 || claims.count < pictures.count { $0.element.temporal?.layer != 0 })
            // Nothing refers to those that say so, also among their own.
            let referred = pictures.filter { $0.element.temporal?.isNonReference == false }
            for (index, samples) in try Self.decoded(referred) { #expect(samples == whole[index], "\(index)") }
            #expect(places.filter(\.isNonReference).allSatisfy { $0.layer == layers - 1 })
        }
        #expect(try Self.encoded(1).allSatisfy { $0.temporal == nil })
    }

    @Test(
        "the least rate that is taken is one that the library takes too",
        arguments: [(1, 1_000), (2, 4_000), (3, 4_000)])
    func leastBitrate(layers: Int, least: Int) throws {
        var encoding = VP8Encoding()
        (encoding.temporalLayers, encoding.bitrate) = (layers, least)
        let encoder = try VideoEncoder(.vp8(encoding))
        #expect(try encoder.encode(try TestPicture.moving(width: 64, height: 48, step: 0), timestamp: 0) != nil)
        for bitrate in stride(from: least, to: 20_000, by: 500) { try encoder.setBitrate(bitrate) }
        #expect(throws: VideoEncodingError.badArgument) { try encoder.setBitrate(least - 1) }
        encoding.bitrate = least - 1
        #expect(throws: VideoEncodingError.badArgument) { try VideoEncoder(.vp8(encoding)) }
    }
}
