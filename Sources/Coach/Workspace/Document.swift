import SansIO
import Wire

extension Workspace {
    /// One file as its sender last described it.
    struct Document: Sendable {
        var language: String
        private(set) var revision: Int
        private(set) var text: SourceText
        private(set) var editedAt: Instant
        /// 1-based, inclusive.
        private(set) var editedLines: ClosedRange<Int>?
        /// The next whole text may begin to count anew: the client that counted `revision` is gone, or nothing is above it.
        var mayRestart: Bool

        init(language: String, revision: Int, text: SourceText, editedAt: Instant) {
            self.language = language
            self.revision = revision
            self.text = text
            self.editedAt = editedAt
            mayRestart = revision == .max
        }

        /// The client's edits led to a revision.
        mutating func edited(to revision: Int, at now: Instant) {
            self.revision = revision
            editedAt = now
            mayRestart = revision == .max
        }

        /// What follows where the client does not count.
        var nextRevision: Int { revision == .max ? .max : revision + 1 }

        /// Finds what a whole new text changed of the old one.
        /// - Returns: whether it changed anything.
        mutating func noteChange(from old: Document) -> Bool {
            guard let changed = text.changedLines(since: old.text) else {
                editedLines = old.editedLines
                editedAt = old.editedAt
                return false
            }
            editedLines = changed
            return true
        }

        /// - Returns: how many lines were replaced and put in their place; nil, with nothing changed, when the range is
        ///   not in the document.
        mutating func apply(_ edit: TextEdit) -> Int? {
            guard
                edit.startLine < edit.endLine || (edit.startLine == edit.endLine && edit.startColumn <= edit.endColumn),
                let start = text.place(line: edit.startLine, column: edit.startColumn),
                let end = text.place(line: edit.endLine, column: edit.endColumn)
            else { return nil }
            let inserted = UTF8Bytes.normalised(edit.text)
            let ends = UTF8Bytes.lineEnds(in: inserted[...])
            text.replace(from: start, to: end, with: inserted)
            editedLines = edit.startLine...(edit.startLine + ends)
            return (edit.endLine - edit.startLine + 1) + (ends + 1)
        }
    }
}
