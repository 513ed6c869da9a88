import COpenSSL
import Foundation
import SansIO

/// The keys that data keys are wrapped with: the first seals, all open. They come from outside the store, so that what is
/// stored, and each copy of it, is nothing without them.
public struct KeyRing: Sendable {
    private struct Entry: Sendable {
        var id: String
        var key: SealingKey
    }

    /// What is told of a key.
    public struct Listed: Hashable, Sendable {
        /// By which people name it.
        public var id: String
        public var tag: KeyTag
        /// Whether it is the one that seals.
        public var seals: Bool
    }

    private let entries: [Entry]

    /// A new one is put in front of the old ones, one at a time.
    private static let mostKeys = 64

    /// Keys as `id:base64,id:base64`, white space around them left out; 64 at most. An id has 1 to 16 letters, digits, `-`,
    /// `_` or `.`; the key is 32 bytes in base64.
    public init(parsing text: String) throws(SealingError) {
        guard text.utf8.contains(where: { !isSpace($0) }) else { throw .noKey }
        var entries: [Entry] = []
        for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            guard index < Self.mostKeys else {
                throw .badKey(entry: index + 1, reason: "more than \(Self.mostKeys) keys are not taken")
            }
            let entry = try Self.entry(part, number: index + 1)
            if let same = entries.first(where: { $0.id == entry.id }) {
                throw .badKey(entry: index + 1, reason: "the id \(same.id) is taken already")
            }
            if let same = entries.first(where: { $0.key.tag == entry.key.tag }) {
                throw .badKey(entry: index + 1, reason: "it is the key of \(same.id) again")
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    private static func entry(_ text: Substring, number: Int) throws(SealingError) -> Entry {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            // A key of which the id was forgotten must not be shown.
            throw .badKey(
                entry: number, reason: text.trimmed.isEmpty ? "it is empty" : "it has no id before a ':'")
        }
        let id = parts[0].trimmed
        guard (1...16).contains(id.utf8.count), id.utf8.allSatisfy(isOfID) else {
            throw .badKey(
                entry: number, reason: "its id must be 1 to 16 letters, digits, '-', '_' or '.'")
        }
        guard var bytes = Data(base64Encoded: String(parts[1].trimmed)).map({ [UInt8]($0) }) else {
            throw .badKey(entry: number, reason: "what follows \(id): is not base64")
        }
        defer { jask_cleanse(&bytes, bytes.count) }
        guard let secret = SecretBytes(bytes) else {
            throw .badKey(entry: number, reason: "\(id) has \(bytes.count) bytes, and 32 are needed")
        }
        return Entry(id: String(id), key: try SealingKey(secret))
    }

    private static func isOfID(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// A new key as a list takes it: `id:base64`.
    public static func newEntry(id: String, random: inout RandomSource) throws(SealingError) -> String {
        var bytes = random.bytes(SecretBytes.count)
        defer { jask_cleanse(&bytes, bytes.count) }
        let entry = "\(id):\(Data(bytes).base64EncodedString())"
        // Says what is wrong with the id.
        guard try KeyRing(parsing: entry).keys.map(\.id) == [id] else {
            throw .badKey(entry: 1, reason: "its id must be 1 to 16 letters, digits, '-', '_' or '.'")
        }
        return entry
    }

    /// In their order.
    public var keys: [Listed] {
        entries.enumerated().map { Listed(id: $1.id, tag: $1.key.tag, seals: $0 == 0) }
    }

    /// Of the key that seals: 32 bytes from which it does not follow.
    public var fingerprint: [UInt8] { entries[0].key.fingerprint }

    // MARK: Data keys

    /// A new data key's bytes, sealed.
    func wrap(
        _ key: SealingKey, with data: [UInt8], random: inout RandomSource
    ) throws(SealingError) -> [UInt8] {
        var bytes = key.secret.withBytes { Array($0) }
        defer { jask_cleanse(&bytes, bytes.count) }
        return try entries[0].key.seal(bytes, with: data, random: &random)
    }

    func unwrap(_ wrapped: [UInt8], with data: [UInt8]) throws(SealingError) -> SealingKey {
        guard wrapped.count == SealedBlob.overhead + SecretBytes.count else { throw .badFormat }
        let blob = try SealedBlob(wrapped)
        guard let entry = entries.first(where: { $0.key.tag == blob.keyTag }) else { throw .unknownKey(blob.keyTag) }
        var bytes = try entry.key.open(blob, with: data)
        defer { jask_cleanse(&bytes, bytes.count) }
        guard let secret = SecretBytes(bytes) else { throw .badFormat }
        return try SealingKey(secret)
    }
}

extension KeyRing: CustomStringConvertible {
    /// Ids and tags, never a key.
    public var description: String { keys.map { "\($0.id) (\($0.tag))" }.joined(separator: ", ") }
}

/// Of ASCII alone: other white space is no part of a list.
private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

extension Substring {
    fileprivate var trimmed: Substring {
        let start = utf8.drop(while: isSpace)
        return start.lastIndex { !isSpace($0) }.map { Substring(start[...$0]) } ?? ""
    }
}
