import Foundation
import NIOCore

/// GStreamer's JPEG over RTP, through files: packets stand in them with two bytes of length before each (RFC 4571).
enum GStreamer {
    static let isThere =
        Program.isThere("gst-launch-1.0")
        && ["rtpjpegpay", "rtpstreampay", "jpegenc"].allSatisfy {
            (try? Program.run("gst-inspect-1.0", ["--exists", $0])) != nil
        }

    /// Five pictures as files, and the packets that it makes of them.
    static func encode(
        format: String, encoder: String, width: Int, height: Int
    ) throws -> (files: [ByteBuffer], packets: [[UInt8]]) {
        let folder = try TemporaryFolder()
        let source = "video/x-raw,format=\(format),width=\(width),height=\(height),framerate=5/1"
        try Program.run(
            "gst-launch-1.0",
            ["-q", "videotestsrc", "num-buffers=5", "pattern=ball", "!", source, "!", "jpegenc", encoder, "!"]
                + ["tee", "name=t", "t.", "!", "queue", "!", "multifilesink", "location=%02d.jpg"]
                + ["t.", "!", "queue", "!", "rtpjpegpay", "mtu=1200", "!", "rtpstreampay", "!", "filesink"]
                + ["location=packets"], in: folder.url)
        return (
            try folder.files(ending: "jpg"), split(try TemporaryFile.bytes(of: folder.url.appending(path: "packets")))
        )
    }

    /// What it makes of packets: a file a picture.
    static func depacketise(_ packets: [[UInt8]], width: Int, height: Int) throws -> [ByteBuffer] {
        let folder = try TemporaryFolder()
        let stream = packets.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
        try Data(stream).write(to: folder.url.appending(path: "packets"))
        let format = "application/x-rtp-stream,media=video,encoding-name=JPEG,payload=26,clock-rate=90000"
        try Program.run(
            "gst-launch-1.0",
            ["-q", "filesrc", "location=packets", "!", format, "!", "rtpstreamdepay", "!", "rtpjpegdepay", "!"]
                + ["multifilesink", "location=%02d.jpg"], in: folder.url)
        return try folder.files(ending: "jpg")
    }

    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var packets: [[UInt8]] = []
        var at = 0
        while at + 2 <= bytes.count {
            let end = min(bytes.count, at + 2 + Int(bytes[at]) << 8 + Int(bytes[at + 1]))
            packets.append(Array(bytes[(at + 2)..<end]))
            at = end
        }
        return packets
    }
}

/// A folder that is gone when nobody holds it.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Files in the order of their names.
    func files(ending: String) throws -> [ByteBuffer] {
        try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == ending }.sorted { $0.path < $1.path }
            .map { ByteBuffer(bytes: try TemporaryFile.bytes(of: $0)) }
    }
}
