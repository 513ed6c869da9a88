/// Takes tokens out of text that came from elsewhere, before it is logged or put into an error.
///
/// A server may echo a whole token in the body of a 401.
enum Redaction {
    static let mark = "<redacted>"

    /// `text` without `secrets` and without anything that looks like a JSON Web Token (`eyJ…`).
    static func redact(_ text: String, secrets: [String] = []) -> String {
        var result = text
        for secret in secrets where !secret.isEmpty {
            result = replace(secret, in: result)
        }
        return withoutTokens(result)
    }

    private static func replace(_ secret: String, in text: String) -> String {
        let needle = Array(secret.utf8)
        let bytes = Array(text.utf8)
        guard needle.count <= bytes.count else { return text }
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if index + needle.count <= bytes.count, bytes[index..<(index + needle.count)].elementsEqual(needle) {
                output.append(contentsOf: mark.utf8)
                index += needle.count
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func withoutTokens(_ text: String) -> String {
        var output = ""
        var rest = Substring(text)
        while let start = tokenStart(in: rest) {
            output += rest[..<start]
            output += mark
            rest = rest[start...].drop { isTokenCharacter($0) }
        }
        return output + rest
    }

    /// Where a run of token characters begins with `eyJ`, which is how base64url spells `{"`.
    private static func tokenStart(in text: Substring) -> Substring.Index? {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].hasPrefix("eyJ") { return index }
            index = text.index(after: index)
        }
        return nil
    }

    private static func isTokenCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-_.=".contains(character))
    }
}
