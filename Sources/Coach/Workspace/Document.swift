import SansIO

extension Workspace {
    /// One file, as lines, so that an edit touches only what it changes.
    struct Document: Sendable {
        var language: String
        var revision: Int
        /// Without their line ends; never empty.
        private(set) var lines: [String]
        var editedAt: Instant
        /// 1-based, inclusive.
        private(set) var editedLines: ClosedRange<Int>?
        /// Of the text in UTF-8, line ends included.
        private(set) var byteCount: Int
        /// The client that counted `revision` is gone: the next whole text may begin anew.
        var mayRestart = false

        init(language: String, revision: Int, lines: [String], editedAt: Instant) {
            self.language = language
            self.revision = revision
            self.lines = lines
            self.editedAt = editedAt
            byteCount = Self.size(of: lines[...]) &- 1
        }

        var text: String { lines.joined(separator: "\n") }

        /// Finds the lines that a whole new text changed, from its common start and end with the old one.
        mutating func noteChange(from old: Document, changed: Bool) {
            guard changed else {
                editedLines = old.editedLines
                editedAt = old.editedAt
                return
            }
            let shorter = min(lines.count, old.lines.count)
            var start = 0
            while start < shorter, lines[start] == old.lines[start] { start += 1 }
            var tail = 0
            while tail < shorter - start, lines[lines.count - 1 - tail] == old.lines[old.lines.count - 1 - tail] {
                tail += 1
            }
            let first = min(start + 1, lines.count)
            editedLines = first...max(first, lines.count - tail)
        }

        /// - Returns: false, with nothing changed, when the range is not in the document.
        mutating func apply(_ edit: TextEdit) -> Bool {
            guard edit.startLine >= 1, edit.endLine >= edit.startLine, edit.endLine <= lines.count,
                edit.startLine < edit.endLine || edit.endColumn >= edit.startColumn,
                let head = Lines.index(ofColumn: edit.startColumn, in: lines[edit.startLine - 1]),
                let tail = Lines.index(ofColumn: edit.endColumn, in: lines[edit.endLine - 1])
            else { return false }
            let replaced = (edit.startLine - 1)..<edit.endLine
            var inserted = Lines.split(edit.text)
            inserted[0] = lines[replaced.lowerBound][..<head] + inserted[0]
            inserted[inserted.count - 1] += lines[replaced.upperBound - 1][tail...]
            byteCount += Self.size(of: inserted[...]) - Self.size(of: lines[replaced])
            lines.replaceSubrange(replaced, with: inserted)
            editedLines = edit.startLine...(edit.startLine + inserted.count - 1)
            return true
        }

        private static func size(of lines: ArraySlice<String>) -> Int {
            lines.reduce(0) { $0 &+ $1.utf8.count &+ 1 }
        }
    }
}
