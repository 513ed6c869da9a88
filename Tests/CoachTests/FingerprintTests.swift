import Testing

@testable import Coach

@Suite("Fingerprints")
struct FingerprintTests {
    @Test("a fingerprint is that of FNV-1a")
    func fingerprint() {
        #expect(Fingerprint.of("") == "cbf29ce484222325")
        #expect(Fingerprint.of("a") == "af63dc4c8601ec8c")
        #expect(Fingerprint.of("foobar") == "85944171f73967e8")
    }
}
