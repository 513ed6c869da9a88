import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Testing

@Suite struct VP8RoundTripTests {
    @Test(
        "A moving picture comes back in its size, near to what it was",
        arguments: [(640, 360), (321, 181), (2, 2), (1, 1)])
    func roundTrip(width: Int, height: Int) throws {
        let encoder = try VideoEncoder(.vp8(VP8Encoding()))
        let decoder = VideoDecoder(.vp8)
        for number in 0..<12 {
            let picture = try TestPicture.moving(width: width, height: height, step: number)
            let encoded = try #require(try encoder.encode(picture, timestamp: Int64(number) * 6_000))
            #expect(encoded.isKeyFrame == (number == 0))
            let decoded = try #require(try decoder.decode(.test(.vp8, encoded)))
            #expect(decoded.width == width && decoded.height == height && decoded.range == .limited)
            #expect(TestPicture.meanDifference(picture, decoded) < 6)
        }
    }

    @Test("A key frame comes when it is asked for, and the decoder can begin there")
    func keyFrameOnDemand() throws {
        let encoder = try VideoEncoder(.vp8(VP8Encoding()))
        var late: VideoDecoder?
        for number in 0..<10 {
            let picture = try TestPicture.moving(width: 320, height: 180, step: number)
            let encoded = try #require(
                try encoder.encode(picture, timestamp: Int64(number) * 6_000, isKeyFrame: number == 6))
            #expect(encoded.isKeyFrame == (number == 0 || number == 6))
            if number == 6 { late = VideoDecoder(.vp8) }
            if let late { #expect(try late.decode(.test(.vp8, encoded)) != nil) }
        }
    }

    @Test("Bytes follow the rate, also when it changes in between")
    func bitrate() throws {
        var bytes: [Int] = []
        var encoding = VP8Encoding()
        encoding.bitrate = 800_000
        let encoder = try VideoEncoder(.vp8(encoding))
        for number in 0..<120 {
            if number == 60 { try encoder.setBitrate(200_000) }
            let picture = try TestPicture.noisy(width: 320, height: 180, seed: UInt64(number))
            bytes.append(try encoder.encode(picture, timestamp: Int64(number) * 6_000)?.data.readableBytes ?? 0)
        }
        let (before, after) = (bytes[30..<60].reduce(0, +) * 8 / 2, bytes[90..<120].reduce(0, +) * 8 / 2)
        #expect((400_000...1_000_000).contains(before), "\(before) bit/s")
        #expect((120_000...300_000).contains(after), "\(after) bit/s")
    }

    @Test("Another size begins with a key frame, and the decoder follows")
    func resize() throws {
        let encoder = try VideoEncoder(.vp8(VP8Encoding()))
        let decoder = VideoDecoder(.vp8)
        for (number, size) in [(640, 360), (320, 180), (320, 180), (180, 320), (8, 8), (640, 360)].enumerated() {
            let picture = try TestPicture.moving(width: size.0, height: size.1, step: number)
            let encoded = try #require(try encoder.encode(picture, timestamp: Int64(number) * 6_000))
            #expect(encoded.isKeyFrame == (number != 2))
            let decoded = try #require(try decoder.decode(.test(.vp8, encoded)))
            #expect(decoded.width == size.0 && decoded.height == size.1)
        }
    }

    @Test("A picture of full range is encoded as one of limited range, which is all that VP8 knows")
    func range() throws {
        let pool = PicturePool()
        let white = try pool.makePicture(width: 64, height: 64, range: .full) { planes in
            planes.y.update(repeating: 255, count: 64 * 64)
            planes.u.update(repeating: 128, count: 32 * 32)
            planes.v.update(repeating: 128, count: 32 * 32)
        }
        let encoded = try #require(try VideoEncoder(.vp8(VP8Encoding())).encode(white, timestamp: 0))
        let decoded = try #require(try VideoDecoder(.vp8).decode(.test(.vp8, encoded)))
        let luma = decoded.withPlanes { Int($0.y.samples[32 * $0.y.stride + 32]) }
        #expect(abs(luma - 235) <= 2)
    }

    @Test("Rates, efforts and frame rates that the library does not take are refused")
    func refusedValues() {
        var encoding = VP8Encoding()
        encoding.bitrate = 0
        #expect(throws: VideoEncodingError.badArgument) { try VideoEncoder(.vp8(encoding)) }
        encoding = VP8Encoding()
        encoding.effort = 17
        #expect(throws: VideoEncodingError.badArgument) { try VideoEncoder(.vp8(encoding)) }
    }
}
