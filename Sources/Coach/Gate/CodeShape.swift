/// Whether a hint writes code: a statement, an assignment, brackets with an expression in them, or more tokens than prose
/// has. Hints at tiers 1 and 2 point and ask; whoever reads one must not be able to type it in.
///
/// What stands in the candidate's code, or in the problem, may be quoted word for word. Lists of numbers and texts are
/// inputs to try and no code. The rules look at shape, not at meaning; in doubt a hint is withheld.
struct CodeShape: Sendable {
    /// What the model was shown, piece by piece, so that `x += 1` is not found in `index += 1`.
    private let known: String
    private let knownWords: Set<String>

    /// Between two pieces; no text has it.
    private static let joint = "\u{0}"

    /// - Parameter shown: what of code and problem the model was shown.
    init(shown: [String]) {
        let pieces = Lexeme.split(shown.joined(separator: "\n"))
        known = Self.joined(pieces[...])
        knownWords = Set(pieces.lazy.filter { $0.kind == .word }.map(\.text))
    }

    private static func joined(_ pieces: ArraySlice<Lexeme>) -> String {
        joint + pieces.map { $0.text + joint }.joined()
    }

    func isIn(_ hint: String) -> Bool {
        let pieces = Self.withoutInputs(Lexeme.split(hint))
        return pieces.indices.contains { isStatement(pieces, $0) || isExpression(pieces, $0) || isGroup(pieces, $0) }
            || hasForeignTokens(pieces)
    }

    // MARK: Rules

    private static let assignments: Set = [
        "=", ":=", "+=", "-=", "*=", "/=", "//=", "%=", "**=", "|=", "&=", "^=", "<<=", ">>=", "<-",
    ]
    private static let values: Set = ["None", "True", "False", "null", "nil", "true", "false", "undefined"]
    private static let plurals: Set = ["s", "es", "n", "en"]
    private static let declarations: Set = ["def", "elif", "func", "fn", "const", "lambda", "println", "printf"]
    /// Words that stand beside a sign that is spoken of.
    private static let prose: Set = [
        "the", "an", "in", "of", "is", "at", "to", "and", "or", "with", "for", "from", "by", "on", "as", "that", "this",
        "sign", "signs", "operator", "operators", "symbol", "instead", "not", "than", "use", "replace", "single",
        "double",
        "means", "between", "after", "before", "here", "there", "your", "you", "are", "was", "be", "rather", "does",
        "do",
        "das", "der", "die", "ist", "und", "oder", "zeichen", "hier", "dort",
    ]

    /// An assignment, a declaration, a return of a value, a loop's head, or the end of a call with a semicolon.
    private func isStatement(_ pieces: [Lexeme], _ index: Int) -> Bool {
        let piece = pieces[index]
        let after = index + 1 < pieces.count ? pieces[index + 1] : nil
        switch piece.kind {
        case .sign where Self.assignments.contains(piece.text):
            guard index > 0, let after else { return false }
            return isOperand(pieces[index - 1]) && isOperand(after) && !isKnown(pieces, around: index)
        case .word where Self.declarations.contains(piece.text):
            return after?.kind == .word && !isKnown(pieces[index...(index + 1)])
        case .word where piece.text.lowercased() == "return":
            guard let after, isFirm(after) || Self.values.contains(after.text) else { return false }
            return !isKnown(pieces[index..<endOfOperand(pieces, index + 1)])
        case .word where piece.text == "else":
            return after?.isAttached == true && (after?.text == ":" || after?.text == "{")
        case .word where piece.text == "for":
            guard index + 4 < pieces.count, pieces[index + 2].text == "in",
                isFirm(pieces[index + 1]) || isLoop(pieces, index)
            else { return false }
            return !isKnown(pieces[index...(index + 3)])
        case .mark where piece.text == ";": return index > 0 && piece.isAttached && pieces[index - 1].kind == .close
        default: return false
        }
    }

    /// `for x in y:` with the colon close to the word.
    private func isLoop(_ pieces: [Lexeme], _ index: Int) -> Bool {
        pieces[index + 1].kind == .word && pieces[index + 4].text == ":" && pieces[index + 4].isAttached
    }

    /// A sign between two operands of which one cannot be prose.
    private func isExpression(_ pieces: [Lexeme], _ index: Int) -> Bool {
        guard pieces[index].kind == .sign, index > 0, index + 1 < pieces.count else { return false }
        let (left, right) = (pieces[index - 1], pieces[index + 1])
        guard isOperand(left), isOperand(right), left.kind != .number || right.kind != .number else { return false }
        return (isFirm(left) || isFirm(right)) && !isKnown(pieces, around: index)
    }

    /// A call or an index that is not the candidate's own, or brackets with a sign, a slice or a block in them.
    private func isGroup(_ pieces: [Lexeme], _ index: Int) -> Bool {
        guard pieces[index].kind == .open, let end = closing(pieces, index), end > index + 1 else { return false }
        let inside = pieces[(index + 1)..<end]
        let isCall = index > 0 && pieces[index].isAttached && pieces[index - 1].kind == .word
        if isCall { return !isKnown(pieces[(index - 1)...end]) }
        let hasSign = inside.contains { $0.kind == .sign }
        let isSlice = pieces[index].text == "[" && inside.contains { $0.text == ":" }
        return (hasSign || isSlice || pieces[index].text == "{") && !isKnown(pieces[index...end])
    }

    /// Three tokens in a row that no sentence has, or three names that the candidate has not written.
    private func hasForeignTokens(_ pieces: [Lexeme]) -> Bool {
        var run = 0
        for (index, piece) in pieces.enumerated() {
            let isCode = piece.kind == .sign || (piece.kind != .number && piece.kind != .string && isFirm(piece))
            run = isCode ? run + 1 : 0
            if run >= 3, !isKnown(pieces[(index + 1 - run)...index]) { return true }
        }
        let foreign = pieces.filter { $0.kind == .word && Self.isName($0.text) && !knownWords.contains($0.text) }
        return Set(foreign.map(\.text)).count >= 3
    }

    // MARK: Pieces

    /// What may stand beside an operator: not a word that speaks of one.
    private func isOperand(_ piece: Lexeme) -> Bool {
        switch piece.kind {
        case .word: !Self.prose.contains(piece.text.lowercased())
        case .number, .string, .open, .close: true
        case .sign, .mark: false
        }
    }

    /// What prose does not have, or not there.
    private func isFirm(_ piece: Lexeme) -> Bool {
        switch piece.kind {
        case .number, .string, .open, .close: true
        case .word: Self.isName(piece.text) || (piece.text.count == 1 && !["a", "A", "I"].contains(piece.text))
        case .sign, .mark: false
        }
    }

    /// Whether a word is written as only programs write it: `left_index`, `leftIndex`, `x1`, `self.items`.
    static func isName(_ word: String) -> Bool {
        if ["e.g", "i.e", "z.b", "d.h"].contains(word.lowercased()) { return false }
        let letters = Array(word)
        let isMixed = zip(letters, letters.dropFirst()).contains { $0.isLowercase && $1.isUppercase }
        return isMixed || word.contains { $0 == "_" || $0 == "." || $0.isNumber }
    }

    private func isKnown(_ pieces: ArraySlice<Lexeme>) -> Bool {
        known.contains(Self.joined(pieces))
    }

    /// Whether the expression around a sign is the candidate's own.
    private func isKnown(_ pieces: [Lexeme], around sign: Int) -> Bool {
        isKnown(pieces[startOfOperand(pieces, sign - 1)..<endOfOperand(pieces, sign + 1)])
    }

    /// Past the word with its brackets, or the brackets.
    private func endOfOperand(_ pieces: [Lexeme], _ start: Int) -> Int {
        if pieces[start].kind == .open { return (closing(pieces, start) ?? start) + 1 }
        let next = start + 1
        guard pieces[start].kind == .word, next < pieces.count, pieces[next].kind == .open, pieces[next].isAttached
        else { return next }
        return (closing(pieces, next) ?? next) + 1
    }

    private func startOfOperand(_ pieces: [Lexeme], _ end: Int) -> Int {
        guard pieces[end].kind == .close else { return end }
        var depth = 0
        for index in stride(from: end, through: 0, by: -1) {
            if pieces[index].kind == .close { depth += 1 }
            if pieces[index].kind == .open { depth -= 1 }
            guard depth == 0 else { continue }
            let isCall = pieces[index].isAttached && index > 0 && pieces[index - 1].kind == .word
            return isCall ? index - 1 : index
        }
        return end
    }

    private func closing(_ pieces: [Lexeme], _ open: Int) -> Int? {
        var depth = 0
        for index in open..<pieces.count {
            if pieces[index].kind == .open { depth += 1 }
            if pieces[index].kind == .close { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// Lists of numbers and texts, which are inputs to try, become one piece; the ending of `value(s)` goes.
    private static func withoutInputs(_ pieces: [Lexeme]) -> [Lexeme] {
        var result: [Lexeme] = []
        var index = 0
        while index < pieces.count {
            if pieces[index].text == "(", pieces[index].isAttached, index + 2 < pieces.count,
                Self.plurals.contains(pieces[index + 1].text), pieces[index + 2].text == ")"
            {
                index += 3
                continue
            }
            let isList = pieces[index].text == "[" && !(pieces[index].isAttached && result.last?.kind == .word)
            if isList, let end = pieces[index...].firstIndex(where: { $0.text == "]" }),
                pieces[(index + 1)..<end].allSatisfy({ [.number, .string].contains($0.kind) || $0.text == "," })
            {
                result.append(Lexeme(kind: .string, text: "[]", isAttached: pieces[index].isAttached))
                index = end + 1
            } else {
                result.append(pieces[index])
                index += 1
            }
        }
        return result
    }
}
