import Foundation
import NIOCore
import RTCCore
import Testing

/// STUN between a real LiveKit server and a client, recorded on loopback.
@Suite struct STUNCaptureTests {
    struct Line: Decodable {
        let ch: String
        let dir: String
        let b64: String
        let note: String?

        var payload: ByteBuffer { ByteBuffer(bytes: Data(base64Encoded: b64) ?? Data()) }

        /// `<pc> <port> local=<ufrag>/<password> remote=<ufrag>/<password>`
        func credentials(_ side: String) -> (ufrag: String, password: String)? {
            guard let field = note?.split(separator: " ").first(where: { $0.hasPrefix("\(side)=") }) else { return nil }
            let parts = field.dropFirst(side.count + 1).split(separator: "/", maxSplits: 1)
            guard parts.count == 2, parts[0] != "None" else { return nil }
            return (String(parts[0]), String(parts[1]))
        }
    }

    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let fixture = package.appending(path: "Tests/Fixtures/stun.jsonl")
    private static let wholeCapture = package.appending(path: "../shared/captures/v0-vp8.wire.jsonl")

    private static func lines(of file: URL) throws -> [Line] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }.filter { $0.ch == "stun" }
    }

    @Test func everyRecordedMessageVerifiesAndIsWrittenAlike() throws {
        let lines = try Self.lines(of: Self.fixture)
        #expect(lines.count == 62)
        try Self.check(lines)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: wholeCapture.path), "the shared captures are not there"))
    func everyMessageOfTheSharedCaptureVerifiesAndIsWrittenAlike() throws {
        try Self.check(Self.lines(of: Self.wholeCapture))
    }

    private static func check(_ lines: [Line]) throws {
        var requests = 0
        for line in lines {
            let message = try STUNMessage(parsing: line.payload)
            let isRequest = message.messageClass == .request
            // Requests are signed with the password of whom they go to, and answers with the same.
            let signer = (line.dir == "in") == isRequest ? "local" : "remote"
            let key = try #require(line.credentials(signer), "\(line.note ?? "")")
            #expect(message.hadFingerprint)
            #expect(message.hasValidIntegrity(key: Array(key.password.utf8)))
            #expect(message.unknownRequiredTypes.isEmpty)
            #expect(message.serialized(integrityKey: Array(key.password.utf8)) == line.payload)
            if isRequest {
                requests += 1
                #expect(message.username?.hasPrefix("\(key.ufrag):") == true)
                #expect(message.priority != nil)
                #expect((message.iceControlling == nil) != (message.iceControlled == nil))
            } else {
                #expect(message.mappedAddress?.ip.isLoopback == true)
            }
        }
        #expect(requests > 0 && requests < lines.count)
    }
}
