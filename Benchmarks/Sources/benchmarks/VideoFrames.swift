import CAllocationCounter
import Foundation
import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import RenderedCandidate
import SansIO

/// A rendered person in front of a camera, as each codec's frames.
struct VideoFrames {
    let codec: VideoCodec
    let frames: [EncodedVideoFrame]

    static let rate = 15
    /// Six seconds: still, then a hand goes up.
    private static let count = 90

    static func pictures(width: Int, height: Int) throws -> [I420Picture] {
        let script = CameraScript([.init(.raiseHand, at: .seconds(3), hold: .seconds(3))], duration: .seconds(6))
        var camera = try RenderedCamera(script, width: width, height: height)
        return try (0..<count).map { try camera.picture(at: .seconds($0) / rate) }
    }

    /// Encoded here: VP8 and JPEG.
    init(_ codec: VideoCodec, encoding pictures: [I420Picture], bitrate: Int) throws {
        var encoding = VP8Encoding()
        (encoding.bitrate, encoding.frameRate) = (bitrate, Self.rate)
        let encoder = try VideoEncoder(codec == .jpeg ? .jpeg(JPEGEncoding()) : .vp8(encoding))
        self.codec = codec
        frames = try pictures.enumerated().compactMap { number, picture in
            try encoder.encode(picture, timestamp: Int64(number * 90_000 / Self.rate)).map {
                Self.frame(codec, $0.data, number, isKeyFrame: $0.isKeyFrame)
            }
        }
    }

    /// Encoded by ffmpeg: VP9 and H.264, as browsers' real-time encoders are set.
    init(_ codec: VideoCodec, byFFmpeg pictures: [I420Picture], bitrate: Int) throws {
        self.codec = codec
        let (width, height) = (pictures[0].width, pictures[0].height)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jask-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (raw, file) = (folder.appendingPathComponent("raw.yuv"), folder.appendingPathComponent("encoded"))
        try pictures.reduce(into: Data()) { data, picture in picture.append(to: &data) }.write(to: raw)
        let options =
            codec == .vp9
            ? ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "7", "-lag-in-frames", "0", "-f", "ivf"]
            : [
                "-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency",
                "-x264-params", "aud=1:slices=1:sliced-threads=0", "-f", "h264",
            ]
        try Self.run(
            ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "\(width)x\(height)", "-r", "\(Self.rate)", "-i", raw.path]
                + options + ["-g", "1000", "-b:v", "\(bitrate)", file.path])
        let bytes = [UInt8](try Data(contentsOf: file))
        let pieces = codec == .vp9 ? Self.piecesOfIVF(bytes) : Self.accessUnits(bytes)
        guard pieces.count == pictures.count else {
            throw Failed(reason: "ffmpeg made \(pieces.count) frames of \(pictures.count) pictures")
        }
        frames = pieces.enumerated().map { Self.frame(codec, ByteBuffer(bytes: $1), $0, isKeyFrame: $0 == 0) }
    }

    private static func frame(
        _ codec: VideoCodec, _ data: ByteBuffer, _ number: Int, isKeyFrame: Bool
    ) -> EncodedVideoFrame {
        EncodedVideoFrame(
            codec: codec, isKeyFrame: isKeyFrame, data: data, rtpTimestamp: Int64(number * 90_000 / rate),
            arrival: Instant(nanoseconds: 1) + .seconds(number) / rate)
    }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y"] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Skipped(reason: "ffmpeg could not encode: scripts/setup media installs one")
        }
    }

    private static func piecesOfIVF(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var (pieces, at) = ([ArraySlice<UInt8>](), 32)
        while at + 12 <= bytes.count {
            let size = bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            pieces.append(bytes[(at + 12)..<min(bytes.count, at + 12 + size)])
            at += 12 + size
        }
        return pieces
    }

    /// Each from its delimiter, which is left out, as it is by the depacketiser.
    private static func accessUnits(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let mark: [UInt8] = [0, 0, 0, 1, 9]
        let starts = bytes.indices.dropLast(4).filter { bytes[$0] == 0 && bytes[$0..<$0 + 5].elementsEqual(mark) }
        let ends = starts.dropFirst() + [bytes.count]
        return zip(starts, ends).map { bytes[($0 + 6)..<$1] }
    }

    /// The RTP payloads of each frame, of 1100 bytes at most.
    func payloads() throws -> [[ByteBuffer]] {
        var packetiser = VP8Packetiser(random: .seeded(1))
        return try frames.map { frame in
            switch codec {
            case .vp8: packetiser.packets(of: frame.data, timestamp: 0).map(\.payload)
            case .jpeg: try JPEGPacketiser.payloads(of: frame.data, mostBytes: 1100)
            case .vp9:
                Self.cut(frame.data).map { piece, isFirst, isLast in
                    // B and E; P where it refers to others (RFC 9628).
                    ByteBuffer(
                        bytes: [(frame.isKeyFrame ? 0 : 0x40) | (isFirst ? 0x08 : 0) | (isLast ? 0x04 : 0)] + piece)
                }
            case .h264: Self.fragments(of: frame.data)
            }
        }
    }

    private static func cut(_ data: ByteBuffer) -> [(piece: [UInt8], isFirst: Bool, isLast: Bool)] {
        let bytes = Array(data.readableBytesView)
        return stride(from: 0, to: bytes.count, by: 1_098).map { start in
            let end = min(bytes.count, start + 1_098)
            return (Array(bytes[start..<end]), start == 0, end == bytes.count)
        }
    }

    /// FU-A, or a unit whole where it fits (RFC 6184).
    private static func fragments(of data: ByteBuffer) -> [ByteBuffer] {
        let bytes = Array(data.readableBytesView)
        let starts = bytes.indices.dropLast(2).filter { bytes[$0] == 0 && bytes[$0 + 1] == 0 && bytes[$0 + 2] == 1 }
        return zip(starts, starts.dropFirst() + [bytes.count]).flatMap { start, end -> [ByteBuffer] in
            var unit = bytes[(start + 3)..<end]
            while unit.last == 0 { unit.removeLast() }
            guard unit.count > 1_098, let header = unit.first else { return [ByteBuffer(bytes: unit)] }
            return cut(ByteBuffer(bytes: unit.dropFirst())).map { piece, isFirst, isLast in
                let ends: UInt8 = (isFirst ? 0x80 : 0) | (isLast ? 0x40 : 0)
                return ByteBuffer(bytes: [header & 0x60 | 28, ends | header & 0x1F] + piece)
            }
        }
    }
}

extension I420Picture {
    fileprivate func append(to data: inout Data) {
        withPlanes { planes in
            for plane in [planes.y, planes.u, planes.v] {
                for row in 0..<plane.height { data.append(plane.samples + row * plane.stride, count: plane.width) }
            }
        }
    }
}
