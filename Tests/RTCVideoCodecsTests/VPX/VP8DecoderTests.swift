import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Simulation
import Testing

@Suite struct VP8DecoderTests {
    @Test("A frame that refers to one which is not there is refused until a key frame comes")
    func begins() throws {
        let frames = try Self.stream(count: 3)
        let decoder = VideoDecoder(.vp8)
        #expect(throws: VideoDecodingError.awaitsKeyFrame) { try decoder.decode(.test(.vp8, frames[1])) }
        #expect(try decoder.decode(.test(.vp8, frames[0])) != nil)
        #expect(try decoder.decode(.test(.vp8, frames[1])) != nil)
    }

    @Test("A frame cut anywhere is an error, and the next key frame is decoded again")
    func truncated() throws {
        let frames = try Self.stream(count: 2)
        let whole = frames[0].data
        for length in [0, 1, 2, 3, 9, 10, 40, whole.readableBytes / 2] {
            let decoder = VideoDecoder(.vp8)
            let cut = try #require(whole.getSlice(at: whole.readerIndex, length: length))
            #expect(throws: VideoDecodingError.self, "\(length) bytes") { try decoder.decode(.test(.vp8, cut)) }
            #expect(throws: VideoDecodingError.awaitsKeyFrame) { try decoder.decode(.test(.vp8, frames[1])) }
            #expect(try decoder.decode(.test(.vp8, frames[0])) != nil)
        }
    }

    @Test("A header that promises a great picture is refused before the library allocates for it")
    func bomb() throws {
        var frame = try Self.stream(count: 1)[0].data
        frame.setBytes([0xFF, 0x3F, 0xFF, 0x3F], at: frame.readerIndex + 6)
        let size = VideoSize(width: 16_383, height: 16_383)
        #expect(throws: VideoDecodingError.refusedSize(size)) { try VideoDecoder(.vp8).decode(.test(.vp8, frame)) }
        let long = ByteBuffer(repeating: 0, count: (4 << 20) + 1)
        #expect(throws: VideoDecodingError.tooManyBytes(long.readableBytes)) {
            try VideoDecoder(.vp8).decode(.test(.vp8, long))
        }
    }

    @Test("A frame of another codec is refused")
    func otherCodec() throws {
        let frame = try Self.stream(count: 1)[0]
        #expect(throws: VideoDecodingError.otherCodec(.vp9)) { try VideoDecoder(.vp8).decode(.test(.vp9, frame)) }
    }

    @Test("Bytes changed at random give an error or a picture of the frame's size, and a key frame mends it")
    func corrupted() throws {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = RandomSource.seeded(seed)
        let frames = try Self.stream(count: 8)
        let decoder = VideoDecoder(.vp8)
        var errors = 0
        for _ in 0..<40 {
            for frame in frames {
                var data = frame.data
                for _ in 0..<3 {
                    let at = Int(random.next() % UInt64(data.readableBytes))
                    data.setInteger(UInt8(truncatingIfNeeded: random.next()), at: data.readerIndex + at)
                }
                do throws(VideoDecodingError) { _ = try decoder.decode(.test(.vp8, data)) } catch { errors += 1 }
            }
            #expect(try decoder.decode(.test(.vp8, frames[0]))?.width == 320)
        }
        print("\(errors) of 320 changed frames were refused")
    }

    static func stream(count: Int) throws -> [EncodedPicture] {
        let encoder = try VideoEncoder(.vp8(VP8Encoding()))
        return try (0..<count).map {
            let picture = try TestPicture.moving(width: 320, height: 180, step: $0)
            return try #require(try encoder.encode(picture, timestamp: Int64($0) * 6_000))
        }
    }
}
