import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Simulation
import Testing

@Suite struct RTPJPEGRoundTripTests {
    @Test("Random pictures come through RTP with the same scan and the same samples")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = RandomSource.seeded(seed)
        func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(random.next() % UInt64(range.count)) }
        var depacketiser = JPEGDepacketiser()
        for _ in 0..<60 {
            var encoding = JPEGEncoding()
            encoding.quality = number(1...100)
            encoding.sampling = number(0...1) == 0 ? .yuv420 : .yuv422
            encoding.restartInterval = number(0...2) == 0 ? number(1...50) : 0
            let (width, height) = (number(1...60) * 8, number(1...40) * 8)
            let picture = try TestPicture.noisy(width: width, height: height, seed: random.next(), range: .full)
            let file = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0)).data
            let most = number(160...1_400)
            let payloads = try JPEGPacketiser.payloads(of: file, mostBytes: most)
            #expect(payloads.allSatisfy { $0.readableBytes <= most }, "seed \(seed)")
            var again = ByteBuffer()
            let size = try depacketiser.assemble(payloads, into: &again)
            #expect(size == VideoSize(width: width, height: height), "seed \(seed)")
            #expect(Self.scan(of: file) == Self.scan(of: again), "seed \(seed)")
            let decoder = VideoDecoder(.jpeg)
            let before = try decoder.decode(.test(.jpeg, file))?.samples
            #expect(try decoder.decode(.test(.jpeg, again))?.samples == before, "seed \(seed)")
        }
    }

    static func scan(of file: ByteBuffer) -> [UInt8]? {
        guard let header = try? JPEGFile(parsing: file) else { return nil }
        return file.getBytes(at: file.readerIndex + header.scan.lowerBound, length: header.scan.count)
    }

    @Test("The greatest picture goes through, and one beyond is refused")
    func greatest() throws {
        var limits = VideoDecodingLimits()
        limits.mostPixels = 2_040 * 2_040
        let picture = try TestPicture.noisy(width: 2_040, height: 2_040, seed: 1, range: .full)
        let file = try #require(try VideoEncoder(.jpeg(JPEGEncoding())).encode(picture, timestamp: 0)).data
        var again = ByteBuffer()
        var depacketiser = JPEGDepacketiser()
        let size = try depacketiser.assemble(JPEGPacketiser.payloads(of: file, mostBytes: 1_200), into: &again)
        #expect(size == VideoSize(width: 2_040, height: 2_040))
        let decoder = VideoDecoder(.jpeg, limits: limits, pool: PicturePool(mostPixels: limits.mostPixels))
        #expect(try decoder.decode(.test(.jpeg, again))?.width == 2_040)
        let beyond = try TestPicture.noisy(width: 2_048, height: 16, seed: 1, range: .full)
        let refused = try #require(try VideoEncoder(.jpeg(JPEGEncoding())).encode(beyond, timestamp: 0)).data
        #expect(throws: JPEGPacketisingError.tooGreat(VideoSize(width: 2_048, height: 16))) {
            try JPEGPacketiser.payloads(of: refused, mostBytes: 1_200)
        }
    }

    @Test("A height of 180 is told as 184, and the rows that were there are the same")
    func roundedUp() throws {
        let picture = try TestPicture.noisy(width: 320, height: 180, seed: 5, range: .full)
        let file = try #require(try VideoEncoder(.jpeg(JPEGEncoding())).encode(picture, timestamp: 0)).data
        var again = ByteBuffer()
        var depacketiser = JPEGDepacketiser()
        let size = try depacketiser.assemble(JPEGPacketiser.payloads(of: file, mostBytes: 1_200), into: &again)
        #expect(size == VideoSize(width: 320, height: 184))
        let before = try #require(try VideoDecoder(.jpeg).decode(.test(.jpeg, file)))
        let after = try #require(try VideoDecoder(.jpeg).decode(.test(.jpeg, again)))
        #expect(after.samples.prefix(320 * 180) == before.samples.prefix(320 * 180))
    }

    @Test("Standard tables are told by their Q, others are sent along")
    func quality() throws {
        var encoding = JPEGEncoding()
        encoding.quality = 37
        let picture = try TestPicture.noisy(width: 64, height: 64, seed: 5, range: .full)
        let file = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0)).data
        #expect(try JPEGPacketiser.payloads(of: file, mostBytes: 1_200)[0].getInteger(at: 5, as: UInt8.self) == 37)
        encoding.quality = 100
        let best = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0)).data
        #expect(try JPEGPacketiser.payloads(of: best, mostBytes: 1_200)[0].getInteger(at: 5, as: UInt8.self) == 255)
    }

    @Test("What RFC 2435 cannot carry is refused, and named")
    func refused() throws {
        func refusal(_ change: (inout JPEGEncoding) -> Void, room: Int = 1_200) throws -> JPEGPacketisingError? {
            var encoding = JPEGEncoding()
            change(&encoding)
            let picture = try TestPicture.noisy(width: 64, height: 64, seed: 5, range: .full)
            let file = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0)).data
            do throws(JPEGPacketisingError) {
                _ = try JPEGPacketiser.payloads(of: file, mostBytes: room)
                return nil
            } catch { return error }
        }
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.isProgressive = true } == .otherCoding)
        #expect(try refusal { $0.hasOwnCodes = true } == .ownCodes)
        #expect(try refusal { $0.sampling = .yuv444 } == .sampling)
        #expect(try refusal({ $0.quality = 100 }, room: 140) == .noRoom)
        #expect(throws: JPEGPacketisingError.malformed(.notJPEG)) {
            try JPEGPacketiser.payloads(of: ByteBuffer(string: "GIF89a"), mostBytes: 1_200)
        }
    }
}
