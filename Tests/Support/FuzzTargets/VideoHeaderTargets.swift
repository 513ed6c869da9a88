import Foundation
import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO

extension FuzzTarget {
    /// VP8 frames: the header, then the decoder.
    static let vp8Frame = videoFrames("vp8-frame", .vp8, inventions: [VideoSamples.vp8Header])
    /// VP9 pictures, with an index or without.
    static let vp9Frame = videoFrames("vp9-frame", .vp9, inventions: VideoSamples.vp9Headers)
    /// H.264 access units.
    static let h264Frame = videoFrames("h264-frame", .h264, inventions: [VideoSamples.h264Unit])
    /// JPEG files.
    static let jpegFrame = videoFrames("jpeg-frame", .jpeg, inventions: [])

    /// H.264's sequence parameter sets alone: bytes beyond them would be changed in vain.
    static let h264Parameters = FuzzTarget(
        name: "h264-parameters",
        recordings: { _ in [VideoSamples.h264Parameters, VideoSamples.h264HighParameters] },
        largestInput: 64,
        run: { input in
            guard let header = try? H264SequenceHeader(parsing: input) else { return }
            guard header.size.width >= 1, header.size.height >= 1, header.size.width <= header.codedSize.width,
                header.size.height <= header.codedSize.height, header.codedSize.width <= 1 << 16,
                header.codedSize.height <= 1 << 17
            else { throw FuzzFailure("an impossible size: \(header)") }
        })

    /// Frames one after the other through one decoder: an error or a picture within the limits, and a frame that was good
    /// is still good after all.
    private static func videoFrames(_ name: String, _ codec: VideoCodec, inventions: [[UInt8]]) -> FuzzTarget {
        FuzzTarget(
            name: name,
            recordings: { _ in
                let stream = VideoSamples.stream(codec)
                return stream.isEmpty ? [] : [MessageSequence.join(stream)] + stream.map { MessageSequence.join([$0]) }
            },
            inventions: inventions.map { MessageSequence.join([$0]) },
            run: { input in
                var limits = VideoDecodingLimits()
                (limits.mostPixels, limits.greatestSide) = (128 * 128, 512)
                let decoder = VideoDecoder(codec, limits: limits, pool: PicturePool(mostPixels: limits.mostPixels))
                for message in MessageSequence.split(input) {
                    guard let picture = try? decoder.decode(VideoSamples.frame(codec, Array(message))) else { continue }
                    guard picture.width * picture.height <= limits.mostPixels else {
                        throw FuzzFailure("a picture of \(picture.width) × \(picture.height)")
                    }
                }
                guard let good = VideoSamples.stream(codec).first else { return }
                guard (try? decoder.decode(VideoSamples.frame(codec, good))) != nil else {
                    throw FuzzFailure("a key frame is not decoded any more")
                }
            })
    }
}

/// Frames to start from: of 48×32, but for what stands alone.
private enum VideoSamples {
    static func stream(_ codec: VideoCodec) -> [[UInt8]] {
        switch codec {
        case .vp8: vp8
        case .jpeg: jpeg
        case .vp9: vp9
        case .h264: h264
        }
    }

    static func frame(_ codec: VideoCodec, _ bytes: [UInt8]) -> EncodedVideoFrame {
        EncodedVideoFrame(
            codec: codec, isKeyFrame: true, data: ByteBuffer(bytes: bytes), rtpTimestamp: 0,
            arrival: Instant(nanoseconds: 0))
    }

    /// Behind the header byte, without emulation prevention: baseline, 640×360.
    static let h264Parameters: [UInt8] = [
        0x42, 0xC0, 0x1E, 0x8C, 0x68, 0x0A, 0x02, 0xFF, 0x96, 0x01, 0xE1, 0x10, 0x8D, 0x40,
    ]
    /// High profile with scaling lists and full range, 48×32.
    static let h264HighParameters: [UInt8] = [
        0x64, 0x00, 0x0A, 0xAC, 0xD9, 0x4D, 0x6C, 0x05, 0xB2, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x14, 0x1E,
        0x24,
        0x4B, 0x2C,
    ]
    /// Of a great picture.
    static let vp8Header: [UInt8] =
        [0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F] + .init(repeating: 7, count: 20)
    /// One that shows what was decoded before; one of intra only, one that refers to others.
    static let vp9Headers: [[UInt8]] = [
        [0x88], [0x86, 0x00, 0x40, 0x92, 0x1C], [0x85, 0x49, 0x83, 0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ]
    static let h264Unit: [UInt8] =
        [0, 0, 0, 1, 0x67] + h264Parameters + [0, 0, 1, 0x68, 0xCE, 0x3C, 0x80, 0, 0, 1, 0x65, 0x88]

    private static let vp8 = encoded(.vp8(VP8Encoding()), count: 3)
    private static let jpeg: [[UInt8]] = {
        var progressive = JPEGEncoding()
        (progressive.isProgressive, progressive.sampling) = (true, .yuv422)
        return encoded(.jpeg(JPEGEncoding()), count: 1) + encoded(.jpeg(progressive), count: 1)
    }()

    private static func encoded(_ format: VideoEncoder.Format, count: Int) -> [[UInt8]] {
        let pool = PicturePool()
        guard let encoder = try? VideoEncoder(format) else { return [] }
        return (0..<count).compactMap { number in
            let picture = try? pool.makePicture(width: 48, height: 32, range: .limited) { planes in
                for at in 0..<48 * 32 { planes.y[at] = UInt8(16 + (at + number * 5) % 200) }
                for at in 0..<24 * 16 { (planes.u[at], planes.v[at]) = (UInt8(64 + at % 100), UInt8(128)) }
            }
            guard let picture, let made = try? encoder.encode(picture, timestamp: Int64(number) * 6_000) else {
                return nil
            }
            return [UInt8](buffer: made.data)
        }
    }

    /// By libvpx, from ffmpeg's test picture.
    private static let vp9 = decoded([
        "gkmDQgAC8AH2IDgkHBlOAADAfK/xF20c+/b80AAAfQY+EudDNILwThJL2/7G6Jq5P3e62rMFxbS5bfVpaTCasVRvl0safEG3"
            + "oSO5pbwheBcZo9aK0ldKBo68ZURSzhWGA6YP6qC1aF2nHR4nbOJQvc9OZueK2/ANDsikGFBEzf+PSTFP0y6I0iPreXHTZa92"
            + "vI6MOTgP1Wv6AYUjYnGqfyWV7HX7VCId63Jy6cfP6jJJYcYmHNtap3qIkIZ+PzCMofNPZfQDp9uU7QJ1I4nHUPRP6IxdtGkl"
            + "0HMANrihwzULml8gqvqrknWaxVfWE5EHWRt2JauckoU1MrTafcpFlxSFRoeFeAA=",
        "hgBAkhwAXgAAAyAAAAz4",
        "hgBAkhwAXQAAAyAAAHbPfvwHe9Hp1eti/EIytCgA",
    ])
    /// By x264, from the same.
    private static let h264 = decoded([
        "AAAAAQkQAAAAAWdCwArZDWwEQAAAAwBAAAADAoPEiZIAAAABaMuAZSyAAAABZYiEoMYDHN+O/3nf4OJRDu+4FKNMaBcGwMxA"
            + "CpEAAOCwUAAX/ysqGMBGHnx79/+ICCQ3FfhCjR0x4Ng7DD+04hgtreEhQoSaLii5OAFi2KcCqqBAQBosAYNfBg6nh2EyFWeo"
            + "pwC+do3wEjRgD4k6vEeC5fQ=",
        "AAAAAQkwAAABQZo5R4A=",
        "AAAAAQkwAAABQZpUUReHqlT9TK/X2A==",
    ])

    private static func decoded(_ texts: [String]) -> [[UInt8]] {
        texts.compactMap { Data(base64Encoded: $0).map { [UInt8]($0) } }
    }
}
