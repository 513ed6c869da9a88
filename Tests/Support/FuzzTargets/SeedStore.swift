import Foundation

/// Recorded traffic to start from: the fixtures in the repository, and the captures beside it where they are.
public struct SeedStore: Sendable {
    /// The package's own folder.
    public static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// One recorded message.
    struct Record: Decodable, Sendable {
        var ch: String?
        var kind: String?
        var dir: String?
        var b64: String?
        var note: String?

        var bytes: [UInt8] { Array(Data(base64Encoded: b64 ?? "") ?? Data()) }
    }

    /// Messages of one channel that are taken, spread over all that there are.
    private static let most = 400

    private let records: [String: [Record]]
    /// Packets of the fixtures that are written as lines of kind, direction and hexadecimal digits.
    private let packets: [String: [[UInt8]]]
    let descriptions: [String]

    public init(usesCaptures: Bool = true) {
        let fixtures = Self.package.appendingPathComponent("Tests/Fixtures")
        var files = Self.files(under: fixtures, ending: "jsonl")
        if usesCaptures {
            files += Self.files(under: Self.package.appendingPathComponent("../shared/captures"), ending: "jsonl")
        }
        let decoder = JSONDecoder()
        let all = files.flatMap { file in
            (try? Data(contentsOf: file))?.split(separator: 10).compactMap {
                try? decoder.decode(Record.self, from: $0)
            }
                ?? []
        }
        records = Dictionary(grouping: all) { $0.ch ?? "" }
        let lines = Self.files(under: fixtures, ending: "packets").flatMap { file in
            String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self).split(separator: "\n")
        }
        packets = Dictionary(
            grouping: lines.map { $0.split(separator: " ") }.filter { $0.count == 3 }, by: { String($0[0]) }
        ).mapValues { $0.map { Self.bytes(hexadecimal: $0[2]) } }
        descriptions = Self.files(under: fixtures, ending: "sdp").compactMap {
            (try? Data(contentsOf: $0)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static func bytes(hexadecimal text: Substring) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private static func files(under folder: URL, ending: String) -> [URL] {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap {
            $0 as? URL
        }
        return (found ?? []).filter { $0.pathExtension == ending }.sorted { $0.path < $1.path }
    }

    /// Recorded messages of a channel (`stun`, `rtp`, `rtcp`, `sctp`, `data`, `signal`), spread evenly.
    func messages(_ channel: String, where fits: (Record) -> Bool = { _ in true }) -> [[UInt8]] {
        let fitting = (records[channel] ?? []).filter(fits)
        let step = max(1, fitting.count / Self.most)
        return stride(from: 0, to: fitting.count, by: step).map { fitting[$0].bytes }.filter { !$0.isEmpty }
            + (packets[channel] ?? [])
    }

    /// Recorded messages in their order, several to an input.
    func sequences(_ channel: String, of length: Int, where fits: (Record) -> Bool = { _ in true }) -> [[UInt8]] {
        let all = (records[channel] ?? []).filter(fits).map(\.bytes).filter { !$0.isEmpty && $0.count < 3000 }
        return stride(from: 0, to: all.count, by: length).prefix(Self.most).map { start in
            MessageSequence.join(Array(all[start..<min(all.count, start + length)]))
        }
    }
}
