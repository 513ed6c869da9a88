import RTCCore
import SansIO
import Testing

@Suite struct DTLSFingerprintTests {
    private static let text =
        "sha-256 12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD"

    @Test func anyCaseAndPrefixGivesTheSameFingerprint() throws {
        let fingerprint = try DTLSFingerprint(parsing: Self.text)
        #expect(fingerprint.description == Self.text)
        #expect(fingerprint.bytes.first == 0x12 && fingerprint.bytes.last == 0xAD)
        for variant in [
            Self.text.lowercased(), Self.text.uppercased(), "fingerprint:" + Self.text, "a=fingerprint:" + Self.text,
        ] {
            #expect(try DTLSFingerprint(parsing: variant) == fingerprint, "\(variant)")
        }
    }

    @Test func everyTruncationIsAnError() {
        for length in 0..<Self.text.count {
            #expect(throws: DTLSFingerprintParseError.self) { try DTLSFingerprint(parsing: Self.text.prefix(length)) }
        }
    }

    @Test func theErrorNamesWhatIsWrong() {
        #expect(throws: DTLSFingerprintParseError.unsupportedAlgorithm("md5")) {
            try DTLSFingerprint(parsing: "MD5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF")
        }
        #expect(throws: DTLSFingerprintParseError.wrongLength(expected: 32, found: 31)) {
            try DTLSFingerprint(parsing: Self.text.dropLast(3))
        }
        #expect(throws: DTLSFingerprintParseError.wrongLength(expected: 20, found: 32)) {
            try DTLSFingerprint(parsing: Self.text.replacing("sha-256", with: "sha-1"))
        }
        #expect(throws: DTLSFingerprintParseError.malformedDigest) {
            try DTLSFingerprint(parsing: Self.text.replacing(":DF", with: "-DF"))
        }
        #expect(throws: DTLSFingerprintParseError.malformedDigest) {
            try DTLSFingerprint(parsing: Self.text.replacing("DF", with: "DG"))
        }
        #expect(throws: DTLSFingerprintParseError.malformed) { try DTLSFingerprint(parsing: "") }
        #expect(throws: DTLSFingerprintParseError.malformed) { try DTLSFingerprint(parsing: Self.text + " x") }
    }

    @Test func randomBytesNeverTrap() {
        var random = SplitMix64(seed: 3)
        let alphabet = Array("sha-256: 0123456789ABCDEFabcdef\u{E9}\0".unicodeScalars)
        for _ in 0..<5000 {
            var text = Bool.random(using: &random) ? "sha-1 " : ""
            for _ in 0..<Int.random(in: 0..<80, using: &random) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            if let fingerprint = try? DTLSFingerprint(parsing: text) {
                #expect(fingerprint.bytes.count == fingerprint.hashFunction.length)
            }
        }
    }
}
