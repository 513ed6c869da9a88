import Foundation

/// Recorded descriptions: those in the repository, and those of the captures beside it where they are.
enum SDPFixtures {
    private static let tests = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The captures' folder beside the package.
    static let captures = tests.deletingLastPathComponent().appendingPathComponent("../shared/captures")

    static var hasCaptures: Bool { FileManager.default.fileExists(atPath: captures.path) }

    static func text(_ name: String) throws -> String {
        let url = tests.appendingPathComponent("Fixtures/sdp/\(name).sdp")
        return String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }

    static let names = [
        "agent-01-in-offer", "agent-04-in-answer", "libwebrtc-01-out-offer", "muted-07-in-offer", "muted-11-in-offer",
        "resume-09-in-offer", "v0-h264-07-in-offer", "v0-vp8-07-in-offer", "v0-vp8-08-out-answer",
        "v0-vp9-07-in-offer", "v1-single-pc-01-out-offer", "v1-single-pc-02-in-answer", "v1-single-pc-04-in-answer",
    ]

    /// One recorded line of a capture.
    struct Record: Decodable {
        var ch: String
        var dir: String
        var b64: String
        var note: String

        var bytes: [UInt8] { Array(Data(base64Encoded: b64) ?? Data()) }
    }

    static func records(channels: Set<String>) throws -> [Record] {
        let files = try FileManager.default.contentsOfDirectory(at: captures, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "jsonl" }.sorted { $0.path < $1.path }
        let decoder = JSONDecoder()
        return try files.flatMap { file in
            try Data(contentsOf: file).split(separator: 10).compactMap { line in
                let record = try decoder.decode(Record.self, from: line)
                return channels.contains(record.ch) ? record : nil
            }
        }
    }

    /// The descriptions in a signal frame: length-delimited fields 2 (tag 0x12) that begin with `v=0`.
    static func descriptions(in frame: [UInt8]) -> [String] {
        let mark = Array("v=0\r\n".utf8)
        guard frame.count > mark.count + 2 else { return [] }
        return (2..<frame.count - mark.count).compactMap { at in
            guard frame[at..<at + mark.count].elementsEqual(mark) else { return nil }
            for size in 1...3 where at - size - 1 >= 0 && frame[at - size - 1] == 0x12 {
                let varint = frame[at - size..<at]
                let length = varint.reversed().reduce(0) { $0 << 7 | Int($1 & 0x7F) }
                if varint.dropLast().allSatisfy({ $0 & 0x80 != 0 }), varint.last.map({ $0 < 0x80 }) == true,
                    at + length <= frame.count
                {
                    return String(decoding: frame[at..<at + length], as: UTF8.self)
                }
            }
            return nil
        }
    }
}
