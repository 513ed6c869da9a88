import NIOCore
import Pictures
import RTCMedia
import SansIO
import Simulation
import Testing

@testable import RTCVideoCodecs

@Suite struct JPEGDecoderTests {
    static func file(_ encoding: JPEGEncoding = JPEGEncoding(), width: Int = 160, height: Int = 96) throws -> ByteBuffer
    {
        let picture = try TestPicture.noisy(width: width, height: height, seed: 7, range: .full)
        return try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0)).data
    }

    @Test("A file cut anywhere is an error, and no picture is half grey")
    func truncated() throws {
        let whole = try Self.file()
        let decoder = VideoDecoder(.jpeg)
        for length in stride(from: 0, to: whole.readableBytes - 1, by: 13) {
            let cut = try #require(whole.getSlice(at: whole.readerIndex, length: length))
            #expect(throws: VideoDecodingError.self, "\(length) bytes") { try decoder.decode(.test(.jpeg, cut)) }
        }
        #expect(try decoder.decode(.test(.jpeg, whole)) != nil)
    }

    @Test("Data that ends early behind which the file ends is an error")
    func missingData() throws {
        var bytes = [UInt8](buffer: try Self.file())
        bytes.removeSubrange(bytes.count - 200..<bytes.count - 2)
        #expect(throws: VideoDecodingError.corrupt) {
            try VideoDecoder(.jpeg).decode(.test(.jpeg, ByteBuffer(bytes: bytes)))
        }
    }

    @Test("Oddities that harm no sample are counted")
    func warnings() throws {
        let whole = [UInt8](buffer: try Self.file())
        // A version of JFIF that nobody has written.
        var odd = whole
        odd[11] = 9
        let decoder = VideoDecoder(.jpeg)
        let plain = try decoder.decode(.test(.jpeg, ByteBuffer(bytes: whole)))
        #expect(decoder.warnings == 0)
        #expect(try decoder.decode(.test(.jpeg, ByteBuffer(bytes: odd)))?.samples == plain?.samples)
        #expect(decoder.warnings == 1)
    }

    @Test("A header that promises a great picture is refused before anything is allocated")
    func bomb() throws {
        var bytes = [UInt8](buffer: try Self.file())
        let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: VideoDecodingError.refusedSize(VideoSize(width: 65_535, height: 65_535))) {
            try VideoDecoder(.jpeg).decode(.test(.jpeg, ByteBuffer(bytes: bytes)))
        }
    }

    @Test("A progressive file with scans without end is given up")
    func scans() throws {
        var encoding = JPEGEncoding()
        encoding.isProgressive = true
        var bytes = [UInt8](buffer: try Self.file(encoding, width: 512, height: 512))
        let last = try #require(bytes.indices.dropLast().last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
        let scan = Array(bytes[last..<bytes.count - 2])
        bytes.removeLast(2)
        for _ in 0..<40 { bytes += scan }
        bytes += [0xFF, 0xD9]
        #expect(throws: VideoDecodingError.corrupt) {
            try VideoDecoder(.jpeg).decode(.test(.jpeg, ByteBuffer(bytes: bytes)))
        }
    }

    @Test("Bytes changed at random give an error or a picture of the file's size")
    func corrupted() throws {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = RandomSource.seeded(seed)
        var files: [ByteBuffer] = []
        for sampling in JPEGEncoding.Sampling.allCases {
            for interval in [0, 3] {
                var encoding = JPEGEncoding()
                (encoding.sampling, encoding.restartInterval) = (sampling, interval)
                files.append(try Self.file(encoding))
                encoding.isProgressive = true
                files.append(try Self.file(encoding))
            }
        }
        let decoder = VideoDecoder(.jpeg)
        var errors = 0
        for number in 0..<3_000 {
            var data = files[number % files.count]
            for _ in 0..<(1 + random.next() % 4) {
                let at = Int(random.next() % UInt64(data.readableBytes))
                data.setInteger(UInt8(truncatingIfNeeded: random.next()), at: data.readerIndex + at)
            }
            do throws(VideoDecodingError) { _ = try decoder.decode(.test(.jpeg, data)) } catch { errors += 1 }
        }
        print("\(errors) of 3,000 changed files were refused")
        #expect(errors > 0 && errors < 3_000)
    }

    @Test(
        "Grey, 4:1:1, 4:4:0 and files of ffmpeg decode to nearly what ffmpeg makes of them",
        .enabled(if: Program.isThere("ffmpeg"), "needs ffmpeg"),
        arguments: ["gray", "yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "yuvj411p"])
    func foreign(format: String) throws {
        // Smooth, so that ways to make fewer chroma samples of many do not matter.
        let source = "gradients=size=322x182:duration=1:rate=1:seed=3:c0=red:c1=blue"
        let file = try Program.run(
            "ffmpeg",
            ["-loglevel", "error", "-f", "lavfi", "-i", source, "-frames:v", "1", "-pix_fmt", format, "-q:v", "2"]
                + ["-c:v", "mjpeg", "-f", "image2pipe", "-"])
        let ours = try #require(try VideoDecoder(.jpeg).decode(.test(.jpeg, ByteBuffer(bytes: file))))
        let theirs = try Program.run(
            "ffmpeg",
            ["-loglevel", "error", "-f", "mjpeg", "-i", "-", "-pix_fmt", "yuvj420p", "-f", "rawvideo", "-"],
            input: file)
        #expect(ours.range == .full && ours.width == 322 && ours.height == 182)
        let samples = ours.samples
        try #require(theirs.count == samples.count)
        let differences = zip(samples, theirs).map { abs(Int($0) - Int($1)) }
        #expect((differences.max() ?? 0) <= 8, "\(differences.max() ?? 0)")
        #expect(Double(differences.reduce(0, +)) / Double(differences.count) < 1)
    }

    @Test("What is not decoded is named before the library sees it")
    func unsupported() throws {
        var bytes = [UInt8](buffer: try Self.file())
        let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes[frame + 4] = 12
        #expect(throws: VideoDecodingError.unsupported(.bitDepth(12))) {
            try VideoDecoder(.jpeg).decode(.test(.jpeg, ByteBuffer(bytes: bytes)))
        }
        bytes[frame + 4] = 8
        bytes[frame + 1] = 0xC9
        #expect(throws: VideoDecodingError.unsupported(.coding)) {
            try VideoDecoder(.jpeg).decode(.test(.jpeg, ByteBuffer(bytes: bytes)))
        }
        bytes[frame + 1] = 0xC0
        bytes[frame + 11] = 0x31
        #expect(throws: VideoDecodingError.unsupported(.sampling)) {
            try VideoDecoder(.jpeg).decode(.test(.jpeg, ByteBuffer(bytes: bytes)))
        }
    }
}
