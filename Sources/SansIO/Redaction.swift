/// Takes secrets out of text that came from elsewhere, before it is cut, logged or put into an error.
///
/// A server may echo a token in the body of a 401, a gateway the key that it refuses. Redact first and cut then: what is
/// cut in the middle of a secret is not recognised any more.
public enum Redaction {
    public static let mark = "<redacted>"

    /// `text` without `secrets`, and without anything that has the shape of one: a JSON Web Token (`eyJ…`), a key of
    /// Anthropic (`sk-ant-…`), what follows `Bearer`. Of secrets any part of eight characters or more goes, also where blanks,
    /// line ends or hidden characters stand between its characters. Costs two passes over the text.
    public static func redact(_ text: String, secrets: [String] = []) -> String {
        let secrets = secrets.filter { !$0.isEmpty }.map { Array($0.utf8) }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var parts = parts(of: secrets, in: bytes)[...]
        var index = 0
        while index < bytes.count {
            while let part = parts.first, part.upperBound <= index { parts.removeFirst() }
            if let part = parts.first, part.contains(index) {
                output.append(contentsOf: mark.utf8)
                index = part.upperBound
                continue
            }
            let end = secrets.lazy.compactMap { Self.end(of: $0, in: bytes, at: index) }.first
            if let end = end ?? endOfShape(in: bytes, at: index) {
                output.append(contentsOf: mark.utf8)
                index = end
            } else if let token = startOfBearer(in: bytes, at: index) {
                output.append(contentsOf: bytes[index..<token])
                output.append(contentsOf: mark.utf8)
                index = endOfToken(in: bytes, from: token)
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Where eight or more characters of a secret stand in their order, whatever invisible stands between them.
    private static func parts(of secrets: [[UInt8]], in bytes: [UInt8]) -> [Range<Int>] {
        var words: Set<UInt64> = []
        for secret in secrets { forEachWord(of: secret) { word, _ in words.insert(word) } }
        guard !words.isEmpty else { return [] }
        var parts: [Range<Int>] = []
        forEachWord(of: bytes) { word, range in
            guard words.contains(word) else { return }
            if let last = parts.last, range.lowerBound <= last.upperBound {
                parts[parts.count - 1] = last.lowerBound..<range.upperBound
            } else {
                parts.append(range)
            }
        }
        return parts
    }

    /// Each eight visible characters of ASCII that follow each other, and where they stand.
    private static func forEachWord(of bytes: [UInt8], _ body: (UInt64, Range<Int>) -> Void) {
        var (word, count) = (UInt64(0), 0)
        var positions = [Int](repeating: 0, count: 8)
        for (index, byte) in bytes.enumerated() where (0x21...0x7E).contains(byte) {
            word = word << 8 | UInt64(byte)
            positions[count % 8] = index
            count += 1
            if count >= 8 { body(word, positions[count % 8]..<(index + 1)) }
        }
    }

    private static func end(of word: [UInt8], in bytes: [UInt8], at index: Int) -> Int? {
        guard bytes[index] == word[0], bytes.count - index >= word.count,
            bytes[index..<(index + word.count)].elementsEqual(word)
        else { return nil }
        return index + word.count
    }

    /// `eyJ` is how base64url spells `{"`.
    private static let beginnings = ["eyJ", "sk-ant-"].map { Array($0.utf8) }

    private static func endOfShape(in bytes: [UInt8], at index: Int) -> Int? {
        guard bytes[index] == UInt8(ascii: "e") || bytes[index] == UInt8(ascii: "s") else { return nil }
        guard let end = beginnings.lazy.compactMap({ Self.end(of: $0, in: bytes, at: index) }).first else { return nil }
        return endOfToken(in: bytes, from: end)
    }

    private static let bearer = Array("bearer".utf8)

    /// Where the token after `Bearer` begins; eight characters at least, so that the word itself may be spoken of.
    private static func startOfBearer(in bytes: [UInt8], at index: Int) -> Int? {
        guard bytes[index] | 0x20 == bearer[0], bytes.count - index > bearer.count,
            zip(bytes[index...], bearer).allSatisfy({ $0 | 0x20 == $1 })
        else { return nil }
        var start = index + bearer.count
        while start < bytes.count, [0x20, 0x3A, 0x22].contains(bytes[start]) { start += 1 }
        guard start > index + bearer.count, endOfToken(in: bytes, from: start) - start >= 8 else { return nil }
        return start
    }

    private static func endOfToken(in bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count, isTokenCharacter(bytes[index]) { index += 1 }
        return index
    }

    /// The characters of base64, base64url and of RFC 6750's `b64token`.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: [0x2D, 0x5F, 0x2E, 0x3D, 0x2B, 0x7E, 0x2F].contains(byte)
        }
    }
}
