import SansIO
import Wire

/// Reads the model's answer and checks it. What breaks a rule is withheld, never rewritten; only the anchor is corrected.
public struct HintValidator: Sendable {
    /// Words of a hint at tiers 1 and 2.
    public static let wordLimit = 60

    public struct Checked: Sendable, Hashable {
        public var hint: Hint
        public var anchorCorrection: AnchorCorrection?
    }

    let request: HintRequest

    public init(request: HintRequest) { self.request = request }

    /// - Parameters:
    ///   - toolInputs: what the model gave the tool `HintPrompt.toolName`, as JSON.
    ///   - texts: what it wrote beside that.
    public func check(toolInputs: [String], texts: [String] = []) throws(HintRejection) -> Checked {
        guard let object = Self.object(toolInputs, texts) else { throw .noObject }
        let tier = try integer("tier", of: object)
        guard tier == request.tier else { throw .wrongTier(asked: request.tier, given: tier) }
        let text = try checkedText(object)
        let (anchor, correction) = anchor(of: object)
        return Checked(
            hint: Hint(tier: tier, text: text, anchor: anchor, source: .claude), anchorCorrection: correction)
    }

    // MARK: The object

    /// The input of the tool; else, for models that write instead of calling, the one JSON object in the text.
    private static func object(_ toolInputs: [String], _ texts: [String]) -> JSONValue? {
        for input in toolInputs {
            if let value = JSONValue(parsing: input), case .object = value { return value }
        }
        for text in texts {
            guard let start = text.firstIndex(of: "{"), let end = text.lastIndex(of: "}"), start < end else { continue }
            if let value = JSONValue(parsing: String(text[start...end])), case .object = value { return value }
        }
        return nil
    }

    private func integer(_ name: String, of object: JSONValue) throws(HintRejection) -> Int {
        guard let value = object[name] else { throw .missing(field: name) }
        guard let integer = value.integer else { throw .wrongType(field: name) }
        return integer
    }

    // MARK: The text

    private func checkedText(_ object: JSONValue) throws(HintRejection) -> String {
        guard let value = object["text"] else { throw .missing(field: "text") }
        guard let raw = value.string else { throw .wrongType(field: "text") }
        let text = Self.trim(raw)
        guard !text.unicodeScalars.contains(where: Neutraliser.isUnseenInProse) else { throw .hiddenCharacters }
        guard !text.isEmpty else { throw .empty }
        let words = text.split(whereSeparator: \.isWhitespace).count
        // Languages that put no space between words are bounded by characters.
        guard words <= Self.wordLimit, text.count <= Self.wordLimit * 12 else {
            throw .tooLong(words: words, limit: Self.wordLimit)
        }
        if text.contains("```") || text.contains("~~~") { throw .codeBlock }
        if request.tier <= 2, CodeShape(shown: shown).isIn(text) { throw .codeShape }
        let key = RehearsedCoach.key(of: text)
        if request.earlier.contains(where: { RehearsedCoach.key(of: $0.text) == key })
            || request.said.contains(Fingerprint.ofHint(text))
        {
            throw .repeated
        }
        return text
    }

    /// What of code and problem stood in the prompt, near enough.
    private var shown: [String] {
        var texts = [String((request.problem ?? "").prefix(16_000))]
        if let document = request.document {
            let lines = Lines.split(document.text)
            let range = CodeWindow(document).range
            texts += lines[(range.lowerBound - 1)..<min(range.upperBound, lines.count)].map { String($0.prefix(600)) }
        }
        return texts
    }

    private static func trim(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }

    // MARK: The anchor

    private func anchor(of object: JSONValue) -> (Anchor?, AnchorCorrection?) {
        let members = ["anchor_path", "anchor_start_line", "anchor_end_line"]
        // Empty and zero are how the model says that there is no place.
        let given = members.filter { object[$0].map { ![.null, "", 0].contains($0) } ?? false }
        if given.isEmpty || (object["anchor_start_line"] == 0 && object["anchor_end_line"] == 0) { return (nil, nil) }
        guard let document = request.document else { return (nil, .noDocument) }
        if given.contains("anchor_path"), object["anchor_path"]?.string.map({ DocumentPath($0) }) != document.path,
            object["anchor_path"]?.string != Neutraliser.oneLine(document.path.text, limit: 200)
        {
            return (nil, .unknownPath)
        }
        guard let start = object["anchor_start_line"]?.integer else { return (nil, .incomplete) }
        let count = document.content.lineCount
        guard (1...count).contains(start) else { return (nil, .outOfRange) }
        let wanted = object["anchor_end_line"]?.integer.flatMap { $0 == 0 ? nil : $0 } ?? start
        let end = min(max(wanted, start), count)
        let anchor = Anchor(path: document.path.text, revision: document.revision, startLine: start, endLine: end)
        return (anchor, end == wanted ? nil : .clamped)
    }
}
