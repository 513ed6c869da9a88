/// One ranged edit, with positions as editors of the Monaco and LSP kind give them.
public struct TextEdit: Sendable, Hashable, Codable {
    /// 1-based.
    public var startLine: Int
    /// 1-based, in UTF-16 code units.
    public var startColumn: Int
    /// 1-based, not before the start.
    public var endLine: Int
    /// 1-based, in UTF-16 code units; the first unit that is kept.
    public var endColumn: Int
    /// What stands in place of the range.
    public var text: String

    enum CodingKeys: String, CodingKey {
        case startLine = "start_line"
        case startColumn = "start_column"
        case endLine = "end_line"
        case endColumn = "end_column"
        case text
    }

    public init(startLine: Int, startColumn: Int, endLine: Int, endColumn: Int, text: String) {
        self.startLine = startLine
        self.startColumn = startColumn
        self.endLine = endLine
        self.endColumn = endColumn
        self.text = text
    }
}
