import SansIO
import Testing

@Suite struct RedactionTests {
    @Test func tokensAreTakenOutOfText() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln-_nature"
        let text = "invalid token: \(token), error: go-jose/eyeJ"
        #expect(Redaction.redact(text) == "invalid token: <redacted>, error: go-jose/eyeJ")
        #expect(Redaction.redact("nothing to see") == "nothing to see")
    }

    @Test func secretsAreTakenOutByValue() {
        #expect(Redaction.redact("key s3cret!s3cret", secrets: ["s3cret"]) == "key <redacted>!<redacted>")
        #expect(Redaction.redact("é\u{301}s3cre", secrets: ["s3cret", ""]) == "é\u{301}s3cre")
    }

    private static let key = "kx-0123456789-abcdefghij-KLMNOP"

    /// A gateway that means harm may quote a key in parts.
    @Test(arguments: [
        ("first \(key.prefix(15)) then \(key.dropFirst(15))!", "first <redacted> then <redacted>!"),
        (key.map(String.init).joined(separator: " "), "<redacted>"),
        ("a \(key.map(String.init).joined(separator: "\r\n")) z", "a <redacted> z"),
        ("a \(key.map(String.init).joined(separator: "\u{200B}\t")) z", "a <redacted> z"),
        ("\(key.prefix(7)) is too little", "kx-0123 is too little"), ("x\(key)\(key)y", "x<redacted>y"),
        ("\(key.suffix(9)) \(key.prefix(9))", "<redacted> <redacted>"),
    ])
    func secretsAreTakenOutInParts(text: String, clean: String) {
        #expect(Redaction.redact(text, secrets: [Self.key]) == clean)
    }

    @Test(arguments: [
        ("Authorization: Bearer abcdef.012-_~+=, gone", "Authorization: Bearer <redacted>, gone"),
        ("Bearer abc/def+ghi/jkl==, gone", "Bearer <redacted>, gone"),
        ("bearer:\"0123456789abcdef\"", "bearer:\"<redacted>\""), ("the bearer of this", "the bearer of this"),
        ("x-api-key sk-ant-api03-Ab_9-x is refused", "x-api-key <redacted> is refused"), ("sk-antler", "sk-antler"),
        ("Bearer", "Bearer"), ("", ""),
    ])
    func secretsAreTakenOutByTheirShape(text: String, clean: String) {
        #expect(Redaction.redact(text) == clean)
    }
}
