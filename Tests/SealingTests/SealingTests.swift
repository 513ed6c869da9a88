import COpenSSL
import SansIO
import Simulation
import Testing

@testable import Sealing

private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
}

/// Sealed data and its keys.
struct SealingTests {
    static func random(_ seed: UInt64 = 1) -> RandomSource { .seeded(seed) }

    static func ring(_ ids: String..., seed: UInt64 = 7) throws -> KeyRing {
        var random = random(seed)
        return try KeyRing(
            parsing: ids.map { try KeyRing.newEntry(id: $0, random: &random) }.joined(separator: ","))
    }

    private let place = SealedPlace(table: "hints", column: "text", row: "01J")
    private let text = Array("look at line 3".utf8)

    @Test("the cipher gives what NIST's test case 16 says, and takes it back")
    func knownAnswer() {
        let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
        let nonce = bytes("cafebabefacedbaddecaf888")
        let data = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let plain = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
        var (content, tag) = (plain, [UInt8](repeating: 0, count: 16))
        #expect(jask_aes_256_gcm_seal(key, nonce, data, data.count, &content, content.count, &tag) == 1)
        #expect(
            content
                == bytes(
                    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"))
        #expect(tag == bytes("76fc6ece0f4e1768cddf8853bb2d551b"))
        #expect(jask_aes_256_gcm_open(key, nonce, data, data.count, &content, content.count, tag) == 1)
        #expect(content == plain)
        tag[15] ^= 1
        #expect(jask_aes_256_gcm_open(key, nonce, data, data.count, &content, content.count, tag) == 0)
        #expect(content.allSatisfy { $0 == 0 }, "nothing of what is not authentic is left")
    }

    @Test("what is sealed opens at its place and nowhere else, is 33 bytes longer, and never the same twice")
    func places() throws {
        var random = Self.random()
        let key = try DataKey(session: "RM_1", wrappedBy: try Self.ring("a"), random: &random)
        let sealed = try key.seal(text, for: place, random: &random)
        #expect(sealed.count == text.count + 33)
        #expect(try key.open(sealed, for: place) == text)
        #expect(try key.seal(text, for: place, random: &random) != sealed)
        var others = Array(repeating: place, count: 4)
        others[0].table = "codes"
        others[1].column = "texts"
        others[2].row = "01K"
        // The same letters, divided elsewhere.
        (others[3].table, others[3].column) = ("hintst", "ext")
        for other in others {
            #expect(throws: SealingError.notAuthentic) { try key.open(sealed, for: other) }
        }
    }

    @Test("what another program sealed by the layout that docs/layers/sealing.md gives opens here")
    func foreign() throws {
        // Python's cryptography: keys 0…31 and 100…131, nonces 1…12 and 21…32.
        let ring = try KeyRing(parsing: "a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        let wrapped = bytes(
            "0187db970f0102030405060708090a0b0c618f3cb284fd9aed20cf0d286062985b36369789ef142abedd22875b"
                + "1e37f446993328f0bf23920e11261155faec044b")
        let sealed = bytes(
            "01aa033c6315161718191a1b1c1d1e1f208cdf7d4a330ee58fe2f3cb5ecf9093f7ac0d21837da7af10b7bd34e0"
                + "06c20ba0c1d4a8c1939f")
        let key = try DataKey(session: "RM_1", wrapped: wrapped, ring: ring)
        #expect(try key.open(sealed, for: place) == Array("look at line 3 – now".utf8))
    }

    @Test("nothing at all can be sealed, too")
    func empty() throws {
        var random = Self.random()
        let key = try DataKey(session: "RM_1", wrappedBy: try Self.ring("a"), random: &random)
        #expect(try key.open(try key.seal([UInt8](), for: place, random: &random), for: place).isEmpty)
    }

    @Test("each bit that is flipped, and each byte that is missing, is noticed")
    func flips() throws {
        var random = Self.random()
        let key = try DataKey(session: "RM_1", wrappedBy: try Self.ring("a"), random: &random)
        let sealed = try key.seal(text, for: place, random: &random)
        for bit in 0..<sealed.count * 8 {
            var damaged = sealed
            damaged[bit / 8] ^= 1 << (bit % 8)
            let error = bit < 8 ? SealingError.badFormat : .notAuthentic
            #expect(throws: error, "bit \(bit)") { try key.open(damaged, for: place) }
        }
        for count in 0..<sealed.count {
            let error = count < 33 ? SealingError.badFormat : .notAuthentic
            #expect(throws: error, "\(count) bytes") { try key.open(Array(sealed[..<count]), for: place) }
        }
        #expect(throws: SealingError.notAuthentic) { try key.open(sealed + [0], for: place) }
    }

    @Test("a data key opens with its ring and for its session only")
    func dataKeys() throws {
        var random = Self.random()
        let ring = try Self.ring("a")
        let key = try DataKey(session: "RM_1", wrappedBy: ring, random: &random)
        let sealed = try key.seal(text, for: place, random: &random)
        #expect(try DataKey(session: "RM_1", wrapped: key.wrapped, ring: ring).open(sealed, for: place) == text)
        #expect(throws: SealingError.notAuthentic) {
            try DataKey(session: "RM_2", wrapped: key.wrapped, ring: ring)
        }
        let tag = ring.keys[0].tag
        #expect(throws: SealingError.unknownKey(tag)) {
            try DataKey(session: "RM_1", wrapped: key.wrapped, ring: try Self.ring("b", seed: 8))
        }
        let other = try DataKey(session: "RM_1", wrappedBy: ring, random: &random)
        #expect(throws: SealingError.notAuthentic) { try other.open(sealed, for: place) }
        // The same key, said to be another session's.
        let moved = try DataKey(session: "RM_2", wrappedBy: ring, random: &random)
        #expect(throws: SealingError.notAuthentic) { try moved.open(sealed, for: place) }
        #expect(throws: SealingError.badFormat) {
            try DataKey(session: "RM_1", wrapped: key.wrapped + [0], ring: ring)
        }
    }

    @Test("more than 64 MiB are refused")
    func large() throws {
        var random = Self.random()
        let key = try DataKey(session: "RM_1", wrappedBy: try Self.ring("a"), random: &random)
        let bytes = [UInt8](repeating: 0, count: (1 << 26) + 1)
        #expect(throws: SealingError.refused) { try key.seal(bytes, for: place, random: &random) }
    }

    @Test("a rotated ring opens what the old key wrapped, and what it wraps anew needs the old key no more")
    func rotation() throws {
        var (random, keys) = (Self.random(), Self.random(9))
        let (old, new) = (
            try KeyRing.newEntry(id: "2026", random: &keys), try KeyRing.newEntry(id: "2027", random: &keys)
        )
        let key = try DataKey(session: "RM_1", wrappedBy: try KeyRing(parsing: old), random: &random)
        let sealed = try key.seal(text, for: place, random: &random)
        let both = try KeyRing(parsing: "\(new),\(old)")
        let moved = try DataKey(session: "RM_1", wrapped: key.wrapped, ring: both)
            .rewrapped(by: both, random: &random)
        let later = try DataKey(session: "RM_1", wrapped: moved.wrapped, ring: try KeyRing(parsing: new))
        #expect(try later.open(sealed, for: place) == text)
        #expect(try SealedBlob(moved.wrapped).keyTag == both.keys[0].tag)
        #expect(both.keys.map(\.id) == ["2027", "2026"] && both.keys.map(\.seals) == [true, false])
        #expect(both.fingerprint == (try KeyRing(parsing: new).fingerprint))
        #expect(both.fingerprint != (try KeyRing(parsing: old).fingerprint))
    }
}

/// Lists of keys as people write them.
struct KeyRingTests {
    @Test(
        "a list that cannot be read is refused with the entry and the reason, and without the key",
        arguments: [
            (",", 1, "it is empty"), ("a:QUJD", 1, "a has 3 bytes, and 32 are needed"),
            ("QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUI=", 1, "it has no id before a ':'"),
            (":QUJD", 1, "its id must be 1 to 16 letters, digits, '-', '_' or '.'"),
            ("ä:QUJD", 1, "its id must be 1 to 16 letters, digits, '-', '_' or '.'"),
            ("a:!SECRET!", 1, "what follows a: is not base64"),
        ])
    func refused(text: String, entry: Int, reason: String) throws {
        #expect(throws: SealingError.badKey(entry: entry, reason: reason)) { try KeyRing(parsing: text) }
    }

    @Test("an id or a key that comes twice is refused, a comma at the end too; white space is left out")
    func twice() throws {
        var random = SealingTests.random()
        let (first, second) = (
            try KeyRing.newEntry(id: "a", random: &random), try KeyRing.newEntry(id: "b", random: &random)
        )
        #expect(try KeyRing(parsing: " \(first) ,\n\(second) ").keys.map(\.id) == ["a", "b"])
        #expect(throws: SealingError.badKey(entry: 2, reason: "the id a is taken already")) {
            try KeyRing(parsing: "\(first),a\(second.dropFirst())")
        }
        #expect(throws: SealingError.badKey(entry: 2, reason: "it is the key of a again")) {
            try KeyRing(parsing: "\(first),c\(first.dropFirst())")
        }
        #expect(throws: SealingError.badKey(entry: 2, reason: "it is empty")) { try KeyRing(parsing: "\(first),") }
        #expect(throws: SealingError.noKey) { try KeyRing(parsing: " \n") }
    }

    @Test(
        "an id that would make two keys of one, or that is not taken as it is, makes none",
        arguments: ["b,c", " b", "b\n"])
    func badIDs(id: String) throws {
        var random = SealingTests.random()
        #expect(throws: SealingError.self) { try KeyRing.newEntry(id: id, random: &random) }
        let other = try KeyRing.newEntry(id: "x", random: &random)
        #expect(throws: SealingError.self) { try KeyRing.newEntry(id: "\(other),y", random: &random) }
    }

    @Test("65 keys are too many")
    func many() throws {
        var random = SealingTests.random()
        let entries = try (0..<65).map { try KeyRing.newEntry(id: "k\($0)", random: &random) }
        #expect(try KeyRing(parsing: entries.dropLast().joined(separator: ",")).keys.count == 64)
        #expect(throws: SealingError.badKey(entry: 65, reason: "more than 64 keys are not taken")) {
            try KeyRing(parsing: entries.joined(separator: ","))
        }
    }

    @Test("neither a ring nor an error shows a key")
    func secrets() throws {
        var random = SealingTests.random()
        let entry = try KeyRing.newEntry(id: "a", random: &random)
        let key = String(entry.dropFirst(2))
        let ring = try KeyRing(parsing: entry)
        var shown = "\(ring)"
        dump(ring, to: &shown)
        #expect(!shown.contains(key))
        // A dump has a line for each byte of an array.
        let numbers = shown.split(separator: "\n").compactMap { UInt8($0.split(separator: " ").last ?? "") }
        #expect(numbers.count == ring.fingerprint.count && numbers == ring.fingerprint)
        #expect("\(ring)" == "a (\(ring.keys[0].tag))")
        for broken in [key, "a:\(key.dropLast())", "a:!\(key)", "\(key):a", "\(entry),b:\(key)", "\(entry),\(entry)"] {
            let error = #expect(throws: SealingError.self) { try KeyRing(parsing: broken) }
            let told = "\(error.map { "\($0) \(String(reflecting: $0))" } ?? "")"
            #expect(!told.contains(key.prefix(8)), "\(told)")
        }
    }
}
