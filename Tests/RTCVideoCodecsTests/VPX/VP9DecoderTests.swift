import NIOCore
import Pictures
import RTCMedia
import SansIO
import Simulation
import Testing

@testable import RTCVideoCodecs

/// Streams of libvpx, through ffmpeg.
@Suite(.enabled(if: Program.isThere("ffmpeg"), "needs ffmpeg")) struct VP9DecoderTests {
    private static func stream(
        _ arguments: [String] = [], source: String = "testsrc2=size=322x180:rate=15:duration=1"
    ) throws -> [EncodedVideoFrame] {
        try FFmpeg.encode(
            .vp9,
            arguments: ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"]
                + ["-pix_fmt", "yuv420p"] + arguments, source: source)
    }

    @Test("A stream decodes to what ffmpeg makes of it, with its range", arguments: ["tv", "pc"])
    func exact(range: String) throws {
        let frames = try Self.stream(["-color_range", range])
        let decoder = VideoDecoder(.vp9)
        let pictures = try frames.compactMap { try decoder.decode($0) }
        #expect(pictures.count == 15)
        #expect(pictures.allSatisfy { $0.range == (range == "pc" ? .full : .limited) })
        #expect(try FFmpeg.decode(frames) == pictures.flatMap(\.samples))
    }

    @Test("Of several frames in one superframe the last is shown, and none is left out")
    func superframe() throws {
        let frames = try Self.stream().map { [UInt8](buffer: $0.data) }
        let parts = frames[0..<3]
        let sizes = parts.flatMap { part in (0..<4).map { UInt8(truncatingIfNeeded: part.count >> (8 * $0)) } }
        let together = parts.flatMap { $0 } + [0xDA] + sizes + [0xDA]
        let (apart, joined) = (VideoDecoder(.vp9), VideoDecoder(.vp9))
        var last: I420Picture?
        for part in parts { last = try apart.decode(.test(.vp9, ByteBuffer(bytes: part))) }
        #expect(try joined.decode(.test(.vp9, ByteBuffer(bytes: together)))?.samples == last?.samples)
        let next = ByteBuffer(bytes: frames[3])
        #expect(try joined.decode(.test(.vp9, next))?.samples == apart.decode(.test(.vp9, next))?.samples)
    }

    @Test("Other profiles are named before the library sees them")
    func profiles() throws {
        let dense = try Self.stream(["-profile:v", "1", "-pix_fmt", "yuv444p"])
        #expect(throws: VideoDecodingError.unsupported(.profile(1))) { try VideoDecoder(.vp9).decode(dense[0]) }
        let deep = try Self.stream(["-profile:v", "2", "-pix_fmt", "yuv420p10le"])
        #expect(throws: VideoDecodingError.unsupported(.profile(2))) { try VideoDecoder(.vp9).decode(deep[0]) }
    }

    @Test("A header that promises a great picture is refused, in whichever frame of a picture it stands")
    func bomb() throws {
        let frames = try Self.stream()
        // The size follows marker, profile, flags (8 bits), sync code (24), colours (4).
        var bytes = [UInt8](buffer: frames[0].data)
        bytes[4] |= 0x0F
        for at in 5..<8 { bytes[at] = 0xFF }
        #expect(throws: VideoDecodingError.self) {
            try VideoDecoder(.vp9).decode(.test(.vp9, ByteBuffer(bytes: bytes)))
        }
        let first = [UInt8](buffer: frames[0].data)
        let sizes = [first.count, bytes.count].flatMap { size in
            (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
        }
        let both = first + bytes + [0xD9] + sizes + [0xD9]
        let error = #expect(throws: VideoDecodingError.self) {
            try VideoDecoder(.vp9).decode(.test(.vp9, ByteBuffer(bytes: both)))
        }
        guard case .refusedSize(let size) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(size.width > 60_000)
    }

    @Test("What stands behind a frame, and in no index, is not looked at")
    func noFrameUnseen() throws {
        let frames = try Self.stream()
        var great = [UInt8](buffer: frames[0].data)
        great[4] |= 0x0F
        for at in 5..<8 { great[at] = 0xFF }
        let data = ByteBuffer(bytes: [UInt8](buffer: frames[0].data) + great)
        let before = Memory.resident
        let picture = try? VideoDecoder(.vp9).decode(.test(.vp9, data))
        #expect(picture == nil || picture?.width == 322)
        #expect(Memory.resident - before < 100 << 20)
    }

    @Test("Sizes in an index that do not fit are errors")
    func wrongIndex() throws {
        let first = [UInt8](buffer: try Self.stream()[0].data)
        for size in [0, first.count + 1, 0xFFFF_FFFF] {
            let sizes = (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
            let data = ByteBuffer(bytes: first + [0xD8] + sizes + [0xD8])
            #expect(throws: VideoDecodingError.malformedHeader(.wrongSuperframe)) {
                try VideoDecoder(.vp9).decode(.test(.vp9, data))
            }
        }
    }

    @Test("A frame cut anywhere, or changed at random, is an error or a picture, and a key frame mends it")
    func corrupted() throws {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = RandomSource.seeded(seed)
        let frames = try Self.stream()
        let decoder = VideoDecoder(.vp9)
        #expect(throws: VideoDecodingError.awaitsKeyFrame) { try decoder.decode(frames[1]) }
        let key = frames[0].data
        for length in [0, 1, 5, 9, 12, 40, key.readableBytes / 2] {
            let cut = try #require(key.getSlice(at: key.readerIndex, length: length))
            #expect(throws: VideoDecodingError.self, "\(length) bytes") { try decoder.decode(.test(.vp9, cut)) }
            #expect(try decoder.decode(frames[0]) != nil)
        }
        for _ in 0..<30 {
            for frame in frames {
                var data = frame.data
                let at = Int(random.next() % UInt64(data.readableBytes))
                data.setInteger(UInt8(truncatingIfNeeded: random.next()), at: data.readerIndex + at)
                _ = try? decoder.decode(.test(.vp9, data))
            }
            #expect(try decoder.decode(frames[0])?.width == 322, "seed \(seed)")
        }
    }
}
