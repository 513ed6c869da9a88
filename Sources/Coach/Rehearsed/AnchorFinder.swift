import Wire

/// Finds the line of a document that a nudge can point at, without a model.
enum AnchorFinder {
    /// The last edited lines that hold code, else the last line of the file that does; nil where there is no code.
    ///
    /// Blank lines, lines of comment alone and lines of closing brackets alone hold none.
    static func anchor(in document: SourceDocument) -> Anchor? {
        let text = document.content
        let marks = commentMarks(of: document.language, path: document.path.text)
        let isCode = { (line: String) in holdsCode(line, commentMarks: marks) }
        if let edited = document.editedLines, let first = text.firstLine(in: edited, where: isCode),
            let last = text.lastLine(in: edited, where: isCode)
        {
            // A paste of a whole file is no place: its last lines are.
            return make(document, max(first, last - 4), last)
        }
        guard let last = text.lastLine(in: 1...text.lineCount, where: isCode) else { return nil }
        return make(document, last, last)
    }

    private static func make(_ document: SourceDocument, _ start: Int, _ end: Int) -> Anchor {
        Anchor(path: document.path.text, revision: document.revision, startLine: start, endLine: end)
    }

    private static func holdsCode(_ line: String, commentMarks: [String]) -> Bool {
        let text = line.drop { $0.isWhitespace }
        if text.isEmpty || commentMarks.contains(where: { text.hasPrefix($0) }) { return false }
        return !text.allSatisfy { $0.isWhitespace || "{}()[];,".contains($0) }
    }

    /// How lines of comment begin, by the language's name, else by the file's ending, else the common ones.
    private static func commentMarks(of language: String, path: String) -> [String] {
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        for name in [language.lowercased(), ending] {
            switch name {
            case "python", "py", "python3", "ruby", "rb", "shell", "bash", "sh", "perl", "pl", "r", "elixir", "ex",
                "yaml", "yml":
                return ["#"]
            case "sql", "haskell", "hs", "lua", "ada":
                return ["--"]
            case "php": return ["//", "#", "/*", "*"]
            case "lisp", "clojure", "clj", "scheme", "scm": return [";"]
            case "c", "cpp", "c++", "h", "hpp", "cc", "java", "javascript", "js", "jsx", "typescript", "ts", "tsx",
                "swift", "go", "golang", "rust", "rs", "kotlin", "kt", "csharp", "c#", "cs", "scala", "dart":
                return ["//", "/*", "*/", "* "]
            default: continue
            }
        }
        return ["//", "#", "--"]
    }
}
