import SansIO

/// One version of one file of the candidate.
public struct SourceDocument: Sendable, Hashable {
    /// The client's name of the file; untrusted.
    public var path: DocumentPath
    /// The client's name of the language, for example `python`; untrusted, may be empty.
    public var language: String
    /// The client's version number; grows with each change.
    public var revision: Int
    public var content: SourceText
    /// The lines (1-based, inclusive) that were changed last, where that is known.
    public var editedLines: ClosedRange<Int>?

    public init(
        path: DocumentPath, language: String, revision: Int, content: SourceText, editedLines: ClosedRange<Int>? = nil
    ) {
        self.path = path
        self.language = language
        self.revision = revision
        self.content = content
        self.editedLines = editedLines
    }

    public init(
        path: DocumentPath, language: String, revision: Int, text: String, editedLines: ClosedRange<Int>? = nil
    ) {
        self.init(
            path: path, language: language, revision: revision, content: SourceText(text), editedLines: editedLines)
    }

    /// The whole text with `\n` between lines. Costs its length: for parts of it there is `content`.
    public var text: String { content.string }
}
