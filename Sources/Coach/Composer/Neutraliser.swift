/// Makes characters visible that a reader of the code would not see: they can hide text from people and show it to a
/// model, or show people another order than the model reads.
public enum Neutraliser {
    /// The text with each such character written as `⟨U+202E⟩`, and how many there were.
    ///
    /// Tabs and line feeds stay. Control, formatting, bidirectional, zero-width, tag, private and line-separating
    /// characters and variation selectors do not.
    public static func neutralise(_ text: String) -> (text: String, count: Int) {
        let (visible, count, _) = neutralise(text, bytes: .max)
        return (visible, count)
    }

    /// The same, cut before the scalar with which the visible text would be longer than `bytes` of UTF-8.
    /// - Returns: also how many bytes of the given text were left out. Not characters: one may have a thousand accents.
    static func neutralise(_ text: String, bytes: Int) -> (text: String, count: Int, left: Int) {
        let scalars = text.unicodeScalars
        if text.utf8.count <= bytes, !scalars.contains(where: isHidden) { return (text, 0, 0) }
        var visible = String.UnicodeScalarView()
        var count = 0
        var size = 0
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let shown = isHidden(scalar) ? name(of: scalar) : String(scalar)
            size += shown.utf8.count
            guard size <= bytes else { break }
            if isHidden(scalar) { count += 1 }
            visible.append(contentsOf: shown.unicodeScalars)
            index = scalars.index(after: index)
        }
        return (String(visible), count, text.utf8.distance(from: index, to: text.endIndex))
    }

    /// How a character is written that would not be seen, or not be told apart: `⟨U+202E⟩`.
    public static func name(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "⟨U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "⟩"
    }

    /// For logs and names: hidden characters made visible, line ends to spaces, at most `limit` Unicode scalars.
    public static func oneLine(_ text: String, limit: Int) -> String {
        let flat = String(text.unicodeScalars.prefix(limit + 1)).map { $0.isNewline ? " " : $0 }
        let visible = neutralise(String(flat)).text.unicodeScalars
        return visible.count > limit ? String(visible.prefix(limit)) + "…" : String(visible)
    }

    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\t" || scalar == "\n" { return false }
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: return true
        default: return scalar.properties.isVariationSelector || isBlankLetter(scalar)
        }
    }

    /// Whether a sentence must not have it: unlike code, prose needs what joins letters (Persian, Hindi) and what chooses
    /// between the forms of a sign.
    static func isUnseenInProse(_ scalar: Unicode.Scalar) -> Bool {
        isHidden(scalar) && ![0x200C, 0x200D, 0xFE0E, 0xFE0F].contains(scalar.value)
    }

    /// Letters by category that are drawn as nothing: the Hangul fillers and the braille blank.
    private static func isBlankLetter(_ scalar: Unicode.Scalar) -> Bool {
        [0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800].contains(scalar.value)
    }
}
