/// The pieces of a hint, as code would be cut: what words, numbers and signs there are, and what stands close together.
struct Lexeme: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case word
        case number
        /// In quotation marks.
        case string
        /// `=`, `<=`, `+` and their like.
        case sign
        case open
        case close
        /// What ends or parts sentences.
        case mark
    }

    var kind: Kind
    var text: String
    /// Nothing stands between this one and the one before.
    var isAttached: Bool

    /// Signs that code has, the longer ones first.
    private static let signs: [[Character]] = [
        "===", "!==", "**=", "//=", "<<=", ">>=", "...", ":=", "==", "!=", "<=", ">=", "=>", "->", "<-", "+=", "-=",
        "*=",
        "/=", "%=", "|=", "&=", "^=", "&&", "||", "++", "**", "<<", ">>", "//", "=", "<", ">", "+", "-", "*", "/", "%",
        "&", "|", "^", "~",
    ].map(Array.init)

    /// Backticks and the asterisks of emphasis are left out; joined words (`well-known`, `and/or`, `don't`), ranges of
    /// numbers and shares (`3-5`, `50%`) are one piece.
    static func split(_ text: String) -> [Lexeme] {
        let characters = Array(text).filter { $0 != "`" }
        var result: [Lexeme] = []
        var index = 0
        var isAttached = false
        while index < characters.count {
            let character = characters[index]
            if character.isWhitespace {
                index += 1
                isAttached = false
                continue
            }
            let (kind, end) = next(characters, index)
            if let kind {
                result.append(Lexeme(kind: kind, text: String(characters[index..<end]), isAttached: isAttached))
            }
            index = end
            isAttached = true
        }
        return result
    }

    private static func next(_ text: [Character], _ start: Int) -> (Kind?, Int) {
        let character = text[start]
        if character.isLetter || character == "_" { return (.word, endOfWord(text, start)) }
        if character.isNumber { return (.number, endOfNumber(text, start)) }
        if character == "\"" || character == "'" || character == "“" || character == "‘" {
            return quoted(text, start) ?? (.mark, start + 1)
        }
        if "([{".contains(character) { return (.open, start + 1) }
        if ")]}".contains(character) { return (.close, start + 1) }
        guard let sign = signs.first(where: { text[start...].starts(with: $0) }),
            sign != ["*"] || !isEmphasis(text, start)
        else { return (character == "*" ? nil : .mark, start + 1) }
        if sign == [".", ".", "."] { return (.mark, start + 3) }
        // Dashes of prose: with letters around and a space on one side, or both.
        if sign == ["-"], isDash(text, start) { return (.mark, start + 1) }
        if sign == ["-"], start + 1 < text.count, text[start + 1].isNumber, isOutside(text, start - 1) {
            return (.number, endOfNumber(text, start + 1))
        }
        return (.sign, start + sign.count)
    }

    private static func endOfWord(_ text: [Character], _ start: Int) -> Int {
        var index = start
        while index < text.count {
            let character = text[index]
            if character.isLetter || character.isNumber || character == "_" {
                index += 1
            } else if "-/.'’".contains(character), index + 1 < text.count, text[index + 1].isLetter {
                index += 2
            } else {
                break
            }
        }
        return index
    }

    private static func endOfNumber(_ text: [Character], _ start: Int) -> Int {
        var index = start
        while index < text.count {
            let character = text[index]
            if character.isNumber {
                index += 1
            } else if ".-–,/:".contains(character), index + 1 < text.count, text[index + 1].isNumber {
                index += 2
            } else {
                break
            }
        }
        return index < text.count && text[index] == "%" ? index + 1 : index
    }

    /// A quotation without a line end, closed and not followed by a letter.
    private static func quoted(_ text: [Character], _ start: Int) -> (Kind?, Int)? {
        let closing: Character = text[start] == "“" ? "”" : text[start] == "‘" ? "’" : text[start]
        guard let end = text[(start + 1)...].firstIndex(where: { $0 == closing || $0.isNewline }), text[end] == closing
        else { return nil }
        return (.string, end + 1)
    }

    private static func isOutside(_ text: [Character], _ index: Int) -> Bool {
        index < 0 || text[index].isWhitespace || "([{,:=".contains(text[index])
    }

    private static func isDash(_ text: [Character], _ index: Int) -> Bool {
        let before = index > 0 ? text[index - 1] : " "
        let after = index + 1 < text.count ? text[index + 1] : " "
        guard before.isWhitespace || after.isWhitespace || before == "-" || after == "-" else { return false }
        // Between words of two letters and more: `a - b` is none.
        func isWord(_ letters: some Sequence<Character>) -> Bool {
            letters.drop { $0.isWhitespace || $0 == "-" }.prefix(2).filter(\.isLetter).count == 2
        }
        return isWord(text[(index + 1)...]) && isWord(text[..<index].reversed())
    }

    /// `*all*`: a letter on one side alone.
    private static func isEmphasis(_ text: [Character], _ index: Int) -> Bool {
        let before = index > 0 && (text[index - 1].isLetter || text[index - 1].isNumber)
        let after = index + 1 < text.count && (text[index + 1].isLetter || text[index + 1].isNumber)
        return before != after
    }
}
