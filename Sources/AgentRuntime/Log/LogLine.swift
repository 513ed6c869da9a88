import Coach
import Foundation
import SansIO
import Settings

/// What every line of the log goes through, whoever wrote it: secrets go first, by value and by shape; then what steers a
/// terminal or ends a line is made visible, and what looks like another text is told from it; then it is cut. So a line is
/// one line, and a secret is not cut in two before it is recognised.
public struct LogLine: Sendable {
    /// In UTF-8 bytes, without time and level.
    public static let longest = 4096
    /// Of a text from elsewhere, no more than this is looked at.
    private static let mostRead = 65_536

    /// Texts that never appear: keys and secrets of the settings.
    private let secrets: [String]
    public let isJSON: Bool

    public init(secrets: [String] = [], isJSON: Bool = false) {
        // The shorter ones are words.
        self.secrets = secrets.filter { $0.utf8.count >= 6 }
        self.isJSON = isJSON
    }

    /// The text as one line that may be shown.
    public func clean(_ text: String) -> String {
        let start =
            text.utf8.count > Self.mostRead ? String(decoding: text.utf8.prefix(Self.mostRead), as: UTF8.self) : text
        let redacted = Redaction.redact(start, secrets: secrets)
        let parts = redacted.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let visible = Self.distinct(Neutraliser.neutralise(parts.filter { !$0.isEmpty }.joined(separator: " ⏎ ")).text)
        guard visible.utf8.count > Self.longest else { return visible }
        let left = visible.utf8.count - Self.longest
        return String(decoding: visible.utf8.prefix(Self.longest), as: UTF8.self) + " … and \(left) bytes"
    }

    /// Two names may look the same and be two: `é` is one character, or an `e` with an accent of its own. What is not
    /// written as usual (Unicode's form C) is spelt out.
    private static func distinct(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }),
            !text.unicodeScalars.elementsEqual(text.precomposedStringWithCanonicalMapping.unicodeScalars)
        else { return text }
        return text.reduce(into: "") { shown, character in
            let usual = String(character).precomposedStringWithCanonicalMapping.unicodeScalars
            guard !character.unicodeScalars.elementsEqual(usual) else { return shown.append(character) }
            for scalar in character.unicodeScalars {
                shown += scalar.isASCII ? String(scalar) : Neutraliser.name(of: scalar)
            }
        }
    }

    /// The whole line, its end included.
    public func rendered(_ level: LogLevel, _ text: String, at time: Date = Date()) -> [UInt8] {
        let stamp = time.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        let text = clean(text)
        var line = "\(stamp) \(level.rawValue) \(text)"
        let members = ["time": stamp, "level": level.rawValue, "message": text]
        if isJSON, let encoded = try? JSONEncoder().encode(members) { line = String(decoding: encoded, as: UTF8.self) }
        return Array((line + "\n").utf8)
    }
}
