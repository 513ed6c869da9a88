/// The part of a document that goes into a prompt: whole lines around the last edit, numbered as in the document.
struct CodeWindow: Sendable, Hashable {
    struct Limits: Sendable, Hashable {
        /// Bytes of the window's text. Default 16 kB, about 5,000 tokens.
        var bytes = 16_000
        /// Default 300.
        var lines = 300
        /// Characters of one line; the rest of a longer one is counted, not shown. Default 300.
        var lineCharacters = 300
    }

    /// 1-based, inclusive.
    private(set) var range: ClosedRange<Int>
    /// Of the whole document.
    private(set) var lineCount: Int
    /// The numbered lines and what was left out before and after them.
    private(set) var text: String
    /// Hidden characters that were made visible.
    private(set) var neutralised: Int

    init(_ document: SourceDocument, limits: Limits = Limits()) {
        let lines = Lines.split(document.text)
        lineCount = lines.count
        range = Self.window(of: lines, around: document.editedLines, limits: limits)
        neutralised = 0
        let width = String(range.upperBound).count
        var out: [String] = []
        if range.lowerBound > 1 { out.append("[lines 1 to \(range.lowerBound - 1) left out]") }
        for number in range {
            let shown = Self.shorten(lines[number - 1], to: limits.lineCharacters)
            let (visible, count) = Neutraliser.neutralise(shown)
            neutralised += count
            let digits = String(number)
            out.append(String(repeating: " ", count: width - digits.count) + digits + "| " + visible)
        }
        if range.upperBound < lineCount { out.append("[lines \(range.upperBound + 1) to \(lineCount) left out]") }
        text = out.joined(separator: "\n")
    }

    /// Grows from the edited lines, a line before and a line after in turn, until a limit is met.
    private static func window(of lines: [String], around edited: ClosedRange<Int>?, limits: Limits) -> ClosedRange<Int>
    {
        // Without a known edit, the end of the last text is where people write.
        let end = lines.lastIndex { !$0.allSatisfy(\.isWhitespace) }.map { $0 + 1 } ?? 1
        let centre = min(max(edited?.upperBound ?? end, 1), lines.count)
        var first = centre
        var last = centre
        var bytes = 0
        // UTF-8 of a shown line is at most four bytes a character, and its number.
        func cost(_ number: Int) -> Int {
            min(lines[number - 1].utf8.count, limits.lineCharacters &* 4) + 8
        }
        bytes = cost(centre)
        var canGrowUp = true
        var canGrowDown = true
        while canGrowUp || canGrowDown {
            canGrowUp = first > 1 && last - first + 1 < limits.lines && bytes + cost(first - 1) <= limits.bytes
            if canGrowUp {
                first -= 1
                bytes += cost(first)
            }
            canGrowDown =
                last < lines.count && last - first + 1 < limits.lines
                && bytes + cost(last + 1) <= limits.bytes
            if canGrowDown {
                last += 1
                bytes += cost(last)
            }
        }
        return first...last
    }

    private static func shorten(_ line: String, to limit: Int) -> String {
        // Cheap first: a line cannot have more characters than bytes.
        guard line.utf8.count > limit, line.count > limit else { return line }
        return String(line.prefix(limit)) + " [\(line.count - limit) more characters]"
    }
}
