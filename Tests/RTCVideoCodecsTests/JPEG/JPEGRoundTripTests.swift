import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import Testing

@Suite struct JPEGRoundTripTests {
    private static let sizes = [(640, 360), (321, 181), (16, 16), (17, 17), (1, 1), (2, 3), (7, 40)]

    @Test(
        "Pictures come back near to what they were, whatever the sampling, also of odd sizes",
        arguments: JPEGEncoding.Sampling.allCases, sizes)
    func roundTrip(sampling: JPEGEncoding.Sampling, size: (Int, Int)) throws {
        var encoding = JPEGEncoding()
        encoding.quality = 95
        encoding.sampling = sampling
        let picture = try TestPicture.moving(width: size.0, height: size.1, step: 3, range: .full)
        let encoded = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0))
        #expect(encoded.isKeyFrame)
        let decoded = try #require(try VideoDecoder(.jpeg).decode(.test(.jpeg, encoded)))
        #expect(decoded.width == size.0 && decoded.height == size.1 && decoded.range == .full)
        let greatest = zip(picture.samples, decoded.samples).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(greatest <= 40, "\(greatest)")
        #expect(TestPicture.meanDifference(picture, decoded) < 3)
    }

    @Test("Chroma of 4:2:2 and 4:4:4 is averaged, so that flat colours are exact")
    func flatColours() throws {
        for sampling in JPEGEncoding.Sampling.allCases {
            var encoding = JPEGEncoding()
            encoding.sampling = sampling
            encoding.quality = 100
            let picture = try TestPicture.make(width: 50, height: 30, range: .full) { plane, _, _ in
                [100, 60, 200][plane]
            }
            let encoded = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0))
            let decoded = try #require(try VideoDecoder(.jpeg).decode(.test(.jpeg, encoded)))
            #expect(decoded.samples == picture.samples)
        }
    }

    @Test("A picture of limited range is written as JPEG's full range")
    func range() throws {
        var encoding = JPEGEncoding()
        encoding.quality = 100
        let picture = try TestPicture.make(width: 32, height: 32, range: .limited) { plane, _, _ in
            [235, 128, 240][plane]
        }
        let encoded = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0))
        let decoded = try #require(try VideoDecoder(.jpeg).decode(.test(.jpeg, encoded)))
        decoded.withPlanes { planes in
            #expect(planes.y.samples[0] == 255 && planes.u.samples[0] == 128 && planes.v.samples[0] >= 254)
        }
    }

    @Test("Better quality is more bytes and less difference; progressive files and own codes are read too")
    func qualities() throws {
        let picture = try TestPicture.noisy(width: 320, height: 180, seed: 1, range: .full)
        var sizes: [Int] = []
        var differences: [Double] = []
        for quality in [10, 50, 90] {
            var encoding = JPEGEncoding()
            encoding.quality = quality
            let encoded = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0))
            let decoded = try #require(try VideoDecoder(.jpeg).decode(.test(.jpeg, encoded)))
            encoding.hasOwnCodes = true
            let shorter = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0))
            #expect(shorter.data.readableBytes < encoded.data.readableBytes)
            #expect(try VideoDecoder(.jpeg).decode(.test(.jpeg, shorter))?.samples == decoded.samples)
            encoding.isProgressive = true
            let progressive = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0))
            #expect(try VideoDecoder(.jpeg).decode(.test(.jpeg, progressive))?.samples == decoded.samples)
            sizes.append(encoded.data.readableBytes)
            differences.append(TestPicture.meanDifference(picture, decoded))
        }
        #expect(sizes == sizes.sorted() && differences == differences.sorted(by: >))
    }

    @Test("Qualities and intervals that do not exist are refused, and there is no rate to set")
    func refusedValues() throws {
        for quality in [0, 101, -1] {
            var encoding = JPEGEncoding()
            encoding.quality = quality
            #expect(throws: VideoEncodingError.badArgument) { try VideoEncoder(.jpeg(encoding)) }
        }
        let encoder = try VideoEncoder(.jpeg(JPEGEncoding()))
        #expect(throws: VideoEncodingError.badArgument) { try encoder.setBitrate(100_000) }
    }
}
