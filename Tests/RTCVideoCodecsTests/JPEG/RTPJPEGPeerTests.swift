import Foundation
import NIOCore
import RTCMedia
import RTCVideoCodecs
import Testing

/// RTP payloads of JPEG from and to other implementations.
@Suite struct RTPJPEGPeerTests {
    @Test(
        "GStreamer's payloads become its pictures again: same scan, same samples",
        .enabled(if: GStreamer.isThere, "needs gstreamer1.0-tools and -plugins-good"),
        arguments: ["I420", "Y42B"], ["quality=85", "quality=30"])
    func fromGStreamer(format: String, quality: String) throws {
        let (files, packets) = try GStreamer.encode(format: format, encoder: quality, width: 328, height: 176)
        #expect(files.count == 5)
        try Self.compare(RTPStream.pictures(packets), with: files, width: 328, height: 176)
    }

    @Test(
        "ffmpeg's payloads become its pictures again: same scan, same samples",
        .enabled(if: Program.isThere("ffmpeg"), "needs ffmpeg"), arguments: [true, false])
    func fromFFmpeg(isEncoder: Bool) throws {
        let bytes = try isEncoder ? Self.filmOfFFmpeg() : Self.film()
        let film = try TemporaryFile(containing: bytes, ending: "mjpeg")
        let socket = try DatagramSocket()
        let sender = try Program.start(
            "ffmpeg",
            ["-loglevel", "error", "-re", "-f", "mjpeg", "-framerate", "5", "-i", film.url.path, "-c", "copy"]
                + ["-f", "rtp", "rtp://127.0.0.1:\(socket.port)?pkt_size=1200"])
        let files = Self.split(bytes)
        #expect(files.count == 5)
        let packets = socket.receive(until: { RTPStream.pictures($0).count == files.count })
        sender.end()
        try Self.compare(RTPStream.pictures(packets), with: files, width: 320, height: 184)
    }

    @Test(
        "GStreamer reads our payloads: same scan, same samples",
        .enabled(if: GStreamer.isThere, "needs gstreamer1.0-tools and -plugins-good"),
        arguments: [JPEGEncoding.Sampling.yuv420, .yuv422], [0, 11])
    func toGStreamer(sampling: JPEGEncoding.Sampling, interval: Int) throws {
        var files: [ByteBuffer] = []
        var packets: [[UInt8]] = []
        for number in 0..<5 {
            var encoding = JPEGEncoding()
            (encoding.sampling, encoding.restartInterval) = (sampling, interval)
            // The last one's tables are none of appendix A.
            encoding.quality = [20, 50, 75, 95, 100][number]
            let picture = try TestPicture.noisy(width: 320, height: 184, seed: UInt64(number), range: .full)
            let file = try #require(try VideoEncoder(.jpeg(encoding)).encode(picture, timestamp: 0)).data
            files.append(file)
            let payloads = try JPEGPacketiser.payloads(of: file, mostBytes: 1_200)
            packets += RTPStream.packets(payloads, timestamp: UInt32(number) * 18_000, first: UInt16(packets.count))
        }
        let theirs = try GStreamer.depacketise(packets, width: 320, height: 184)
        #expect(theirs.count == files.count)
        for (their, file) in zip(theirs, files) {
            #expect(RTPJPEGRoundTripTests.scan(of: their) == RTPJPEGRoundTripTests.scan(of: file))
            let decoder = VideoDecoder(.jpeg)
            let samples = try decoder.decode(.test(.jpeg, file))?.samples
            #expect(try decoder.decode(.test(.jpeg, their))?.samples == samples)
        }
    }

    /// Of 4:2:0 alone: what it writes for 4:2:2, with chroma factors of 1 and 2, RTP cannot carry.
    private static func filmOfFFmpeg() throws -> [UInt8] {
        try Program.run(
            "ffmpeg",
            ["-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x184:rate=5:duration=1", "-c:v", "mjpeg"]
                + ["-huffman", "default", "-force_duplicated_matrix", "1", "-pix_fmt", "yuvj420p", "-q:v", "4"]
                + ["-f", "mjpeg", "-"])
    }

    /// Our own files of 4:2:2, for ffmpeg to send as they are.
    private static func film() throws -> [UInt8] {
        var encoding = JPEGEncoding()
        encoding.sampling = .yuv422
        let encoder = try VideoEncoder(.jpeg(encoding))
        return try (0..<5).flatMap { number in
            let picture = try TestPicture.noisy(width: 320, height: 184, seed: UInt64(number), range: .full)
            return [UInt8](buffer: try #require(try encoder.encode(picture, timestamp: 0)).data)
        }
    }

    private static func compare(
        _ pictures: [[ByteBuffer]], with files: [ByteBuffer], width: Int, height: Int
    ) throws {
        try #require(pictures.count == files.count)
        var depacketiser = JPEGDepacketiser()
        let decoder = VideoDecoder(.jpeg)
        for (payloads, file) in zip(pictures, files) {
            var ours = ByteBuffer()
            #expect(try depacketiser.assemble(payloads, into: &ours) == VideoSize(width: width, height: height))
            #expect(RTPJPEGRoundTripTests.scan(of: ours) == RTPJPEGRoundTripTests.scan(of: file))
            let samples = try decoder.decode(.test(.jpeg, file))?.samples
            #expect(try decoder.decode(.test(.jpeg, ours))?.samples == samples)
        }
    }

    /// Files that stand in a row, each from its SOI to its EOI.
    private static func split(_ bytes: [UInt8]) -> [ByteBuffer] {
        let starts = bytes.indices.dropLast(2).filter { bytes[$0..<($0 + 3)].elementsEqual([0xFF, 0xD8, 0xFF]) }
        return zip(starts, starts.dropFirst() + [bytes.count]).map { ByteBuffer(bytes: bytes[$0..<$1]) }
    }
}
