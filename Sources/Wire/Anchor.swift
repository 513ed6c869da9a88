/// The lines of the candidate's code that a hint is about.
public struct Anchor: Sendable, Hashable, Codable {
    public var path: String
    /// The version of the document in which the lines are counted.
    public var revision: Int
    /// 1-based.
    public var startLine: Int
    /// 1-based, inclusive, not before `startLine`.
    public var endLine: Int

    public init(path: String, revision: Int, startLine: Int, endLine: Int) {
        self.path = path
        self.revision = revision
        self.startLine = startLine
        self.endLine = endLine
    }
}
