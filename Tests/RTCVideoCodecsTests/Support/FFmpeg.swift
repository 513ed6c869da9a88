import NIOCore
import RTCMedia

/// ffmpeg as the judge of decoded pictures, and as a source of streams.
enum FFmpeg {
    /// The samples of all pictures of a stream as I420, each in its size, as ffmpeg's own decoders make them.
    static func decode(_ frames: [EncodedVideoFrame]) throws -> [UInt8] {
        guard let codec = frames.first?.codec else { return [] }
        let (bytes, format) =
            codec == .h264 ? (frames.flatMap { [UInt8](buffer: $0.data) }, "h264") : (ivf(frames, codec), "ivf")
        let file = try TemporaryFile(containing: bytes, ending: format)
        // The library's decoders of VP8 and VP9 are not used: it would be the same code.
        let decoder = [VideoCodec.vp8: "vp8", .vp9: "vp9", .h264: "h264"][codec] ?? "mjpeg"
        return try Program.run(
            "ffmpeg",
            ["-loglevel", "error", "-c:v", decoder, "-f", format, "-i", file.url.path]
                + ["-fps_mode", "passthrough", "-autoscale", "0", "-f", "rawvideo", "-"])
    }

    /// An IVF file: a header of 32 bytes, then each frame with its size and time.
    private static func ivf(_ frames: [EncodedVideoFrame], _ codec: VideoCodec) -> [UInt8] {
        var file = ByteBuffer()
        file.writeString("DKIF")
        file.writeMultipleIntegers(UInt16(0), UInt16(32), endianness: .little)
        file.writeString(codec == .vp8 ? "VP80" : "VP90")
        file.writeMultipleIntegers(UInt16(640), UInt16(360), UInt32(30), UInt32(1), endianness: .little)
        file.writeMultipleIntegers(UInt32(frames.count), UInt32(0), endianness: .little)
        for (number, frame) in frames.enumerated() {
            file.writeMultipleIntegers(UInt32(frame.data.readableBytes), UInt64(number), endianness: .little)
            file.writeImmutableBuffer(frame.data)
        }
        return [UInt8](buffer: file)
    }

    /// Frames of a stream that ffmpeg encodes from its test picture, in IVF (VP8, VP9) or Annex B with access unit
    /// delimiters (H.264).
    static func encode(_ codec: VideoCodec, arguments: [String], source: String) throws -> [EncodedVideoFrame] {
        let format = codec == .h264 ? ["-f", "h264", "-bsf:v", "h264_metadata=aud=insert"] : ["-f", "ivf"]
        let bytes = try Program.run(
            "ffmpeg", ["-loglevel", "error", "-f", "lavfi", "-i", source] + arguments + format + ["-"])
        return codec == .h264 ? accessUnits(bytes) : frames(ofIVF: ByteBuffer(bytes: bytes), codec)
    }

    private static func frames(ofIVF file: ByteBuffer, _ codec: VideoCodec) -> [EncodedVideoFrame] {
        var rest = file
        rest.moveReaderIndex(forwardBy: min(32, rest.readableBytes))
        var frames: [EncodedVideoFrame] = []
        while let (size, _) = rest.readMultipleIntegers(endianness: .little, as: (UInt32, UInt64).self),
            let data = rest.readSlice(length: Int(size))
        {
            frames.append(.test(codec, data))
        }
        return frames
    }

    private static func accessUnits(_ bytes: [UInt8]) -> [EncodedVideoFrame] {
        // Kind 9 is the delimiter.
        let starts = bytes.indices.dropLast(5).filter { bytes[$0..<($0 + 5)].elementsEqual([0, 0, 0, 1, 9]) }
        return zip(starts, starts.dropFirst() + [bytes.count]).map { start, end in
            .test(.h264, ByteBuffer(bytes: bytes[start..<end]))
        }
    }
}
