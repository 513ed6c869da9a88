import Foundation
import NIOCore
import RTCCore
import Testing

@Suite struct SRTPRecordedTrafficTests {
    /// A capture with a real server (pion), and packets that another build of libsrtp made over a wrap.
    @Test(arguments: EngineKind.allCases)
    func recordedAndForeignPacketsOpenToWhatTheyWere(kind: EngineKind) throws {
        var opener = Opener(kind: kind)
        for record in try SRTPRecord.fixture() { try opener.take(record) }
        #expect(opener.opened == 36 + 36)
    }

    /// Without a wrap or a choice of index, protecting gives the very bytes the other build gave.
    @Test(arguments: EngineKind.allCases)
    func protectingGivesTheSameBytesAsAnotherImplementation(kind: EngineKind) throws {
        var senders: [String: any SRTPEngine] = [:]
        var compared = 0
        for record in try SRTPRecord.fixture() where record.from == "pylibsrtp" {
            if record.kind == "keys" {
                let keys = try #require(record.keys)
                senders["client"] = try kind.make(keys.profile, keys.client)
                senders["server"] = try kind.make(keys.profile, keys.server)
            } else if let by = record.by, let sender = senders[by], let plain = record.plain,
                let protected = record.protected
            {
                var packet = ByteBuffer(bytes: plain)
                if record.kind == "rtp" {
                    try sender.protectRTP(&packet)
                } else {
                    try sender.protectRTCP(&packet)
                }
                #expect(packet == ByteBuffer(bytes: protected))
                compared += 1
            }
        }
        #expect(compared == 36)
    }

    /// All of a whole capture, where it lies beside the project.
    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: SRTPRecord.captures.appending(path: "v0-vp8.wire.jsonl").path),
            "needs the captures beside the package"), arguments: EngineKind.allCases)
    func everyProtectedPacketOfTheCaptureOpensToItsPlainOne(kind: EngineKind) throws {
        let plainLines: [CaptureLine] = try SRTPRecord.lines(SRTPRecord.captures.appending(path: "v0-vp8.jsonl"))
        let plain = Set(plainLines.filter { $0.ch == "rtp" || $0.ch == "rtcp" }.map(\.b64))
        let wire: [CaptureLine] = try SRTPRecord.lines(SRTPRecord.captures.appending(path: "v0-vp8.wire.jsonl"))
        let exported = try #require(wire.first { $0.ch == "keys" && $0.note.hasPrefix("sub") }).b64
        let keys = try #require(SRTPKeyingMaterial(profile: .aeadAES256GCM, exported: Array(exported)))
        let engines = ["in": try kind.make(keys.profile, keys.server), "out": try kind.make(keys.profile, keys.client)]
        var opened = 0
        for line in wire where line.ch == "srtp" {
            let engine = try #require(engines[line.dir])
            var packet = ByteBuffer(bytes: line.b64)
            if line.note.hasSuffix("SRTCP") {
                try engine.unprotectRTCP(&packet)
            } else {
                try engine.unprotectRTP(&packet)
            }
            #expect(plain.contains(Data(packet.readableBytesView)))
            opened += 1
        }
        #expect(opened == 85)
    }

    private struct CaptureLine: Decodable {
        var ch: String
        var dir: String
        var b64: Data
        var note: String
    }

    private struct Opener {
        let kind: EngineKind
        var receivers: [String: any SRTPEngine] = [:]
        var opened = 0

        mutating func take(_ record: SRTPRecord) throws {
            if record.kind == "keys" {
                let keys = try #require(record.keys)
                receivers["client"] = try kind.make(keys.profile, keys.client)
                receivers["server"] = try kind.make(keys.profile, keys.server)
                return
            }
            let receiver = try #require(record.by.flatMap { receivers[$0] })
            var packet = ByteBuffer(bytes: try #require(record.protected))
            if record.kind == "rtp" {
                try receiver.unprotectRTP(&packet)
            } else {
                try receiver.unprotectRTCP(&packet)
            }
            #expect(packet == ByteBuffer(bytes: try #require(record.plain)))
            opened += 1
        }
    }
}

extension SRTPRecord {
    fileprivate var keys: SRTPKeyingMaterial? {
        guard let number = profile, let profile = SRTPProfile(rawValue: number), let exported else { return nil }
        return SRTPKeyingMaterial(profile: profile, exported: Array(exported))
    }
}
