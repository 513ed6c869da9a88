/// The part of a document that goes into a prompt: whole lines around the last edit, numbered as in the document.
struct CodeWindow: Sendable, Hashable {
    struct Limits: Sendable, Hashable {
        /// Bytes of the window's text, as it is shown. Default 16 kB, about 5,000 tokens.
        var bytes = 16_000
        /// Default 300.
        var lines = 300
        /// Bytes of one line, as it is shown; the rest of a longer one is counted, not shown. Default 600.
        var lineBytes = 600
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
        var lines = ShownLines(text: document.content, limit: limits.lineBytes)
        lineCount = lines.count
        range = Self.window(of: &lines, around: document.editedLines, limits: limits)
        neutralised = 0
        let width = String(range.upperBound).count
        var out: [String] = []
        if range.lowerBound > 1 { out.append("[lines 1 to \(range.lowerBound - 1) left out]") }
        for number in range {
            let line = lines[number]
            neutralised += line.neutralised
            let digits = String(number)
            out.append(String(repeating: " ", count: width - digits.count) + digits + "| " + line.text)
        }
        if range.upperBound < lineCount { out.append("[lines \(range.upperBound + 1) to \(lineCount) left out]") }
        text = out.joined(separator: "\n")
    }

    /// Grows from the edited lines, a line before and a line after in turn, until a limit is met.
    private static func window(
        of lines: inout ShownLines, around edited: ClosedRange<Int>?, limits: Limits
    ) -> ClosedRange<Int> {
        let centre = min(max(edited?.upperBound ?? lines.lastWritten, 1), lines.count)
        var first = centre
        var last = centre
        var bytes = lines.cost(centre)
        var canGrowUp = true
        var canGrowDown = true
        while canGrowUp || canGrowDown {
            canGrowUp = first > 1 && last - first + 1 < limits.lines && bytes + lines.cost(first - 1) <= limits.bytes
            if canGrowUp {
                first -= 1
                bytes += lines.cost(first)
            }
            canGrowDown =
                last < lines.count && last - first + 1 < limits.lines && bytes + lines.cost(last + 1) <= limits.bytes
            if canGrowDown {
                last += 1
                bytes += lines.cost(last)
            }
        }
        return first...last
    }
}

/// The lines of a document as they are shown, each made when it is first asked for.
private struct ShownLines {
    struct Line {
        var text: String
        /// Hidden characters that were made visible.
        var neutralised: Int
    }

    let text: SourceText
    /// Bytes of one shown line.
    let limit: Int
    private var shown: [Int: Line] = [:]

    init(text: SourceText, limit: Int) {
        self.text = text
        self.limit = limit
    }

    var count: Int { text.lineCount }

    /// Without a known edit, the end of the last text is where people write.
    var lastWritten: Int { text.lastWrittenLine ?? 1 }

    subscript(number: Int) -> Line {
        mutating get {
            if let line = shown[number] { return line }
            let (text, count, left) = Neutraliser.neutralise(self.text.line(number) ?? "", bytes: limit)
            let line = Line(text: left > 0 ? text + " [\(left) more bytes]" : text, neutralised: count)
            shown[number] = line
            return line
        }
    }

    /// What the line takes of the window, with its number and line end.
    mutating func cost(_ number: Int) -> Int { self[number].text.utf8.count + 8 }
}
