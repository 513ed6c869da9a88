import Foundation
import NIOCore

@testable import LiveKit

/// Recorded traffic of a real LiveKit server: a small part in the repository, all of it beside the package.
enum Capture {
    struct Line: Decodable {
        var t: Double
        var ch: String
        var dir: String
        var b64: String
        var note: String?
        var sess: String?

        var bytes: ByteBuffer { ByteBuffer(bytes: Data(base64Encoded: b64) ?? Data()) }
        var isIncoming: Bool { dir == "in" }
    }

    private static let testsFolder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let fixtures = testsFolder.appendingPathComponent("Fixtures/livekit")
    static let shared = testsFolder.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/captures")

    static let sharedNames = [
        "agent", "hidden", "leave", "muted", "resume", "streams", "v0-h264", "v0-vp8", "v0-vp9", "v1-single-pc",
    ]
    static let fixtureNames = ["agent", "resume", "streams", "v0-vp8", "v1-single-pc"]

    static var hasShared: Bool { FileManager.default.fileExists(atPath: shared.path) }

    static func lines(_ name: String, in folder: URL = fixtures) throws -> [Line] {
        let text = try String(contentsOf: folder.appendingPathComponent(name + ".jsonl"), encoding: .utf8)
        let decoder = JSONDecoder()
        return try text.split(separator: "\n").map { try decoder.decode(Line.self, from: Data($0.utf8)) }
    }
}
