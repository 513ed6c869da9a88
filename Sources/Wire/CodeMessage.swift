import SansIO

/// `jask.code`, candidate → agent: a file's whole text, or edits of it.
///
/// As a text stream the text is bare and attributes name the file; as a user packet it is this object.
public struct CodeMessage: Sendable, Hashable, Codable {
    /// The file that a text stream without the attribute `path` is taken for.
    public static let defaultPath: DocumentPath = "main"

    public var type = Topic.code
    public var version = WireCoding.version
    public var path: DocumentPath
    /// Left out with edits: as before.
    public var language: String?
    /// Grows with each change. With a whole text it may be left out: then Jask counts.
    public var revision: Int?
    /// The whole text; instead of `base` and `edits`.
    public var text: String?
    /// The revision that the edits build on.
    public var base: Int?
    /// Each applies to what the one before it left.
    public var edits: [TextEdit]?

    public init(
        path: DocumentPath, language: String? = nil, revision: Int? = nil, text: String? = nil, base: Int? = nil,
        edits: [TextEdit]? = nil
    ) {
        self.path = path
        self.language = language
        self.revision = revision
        self.text = text
        self.base = base
        self.edits = edits
    }

    /// What the message says to do.
    public enum Change: Sendable, Hashable {
        case replace(path: DocumentPath, language: String, revision: Int?, text: String)
        case edit(path: DocumentPath, base: Int, revision: Int, edits: [TextEdit])
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(CodeMessage.self, topic: Topic.code, from: bytes)
        _ = try change()
    }

    /// Names of a text stream's attributes.
    private enum Attribute {
        static let path: AttributeKey = "path"
        static let language: AttributeKey = "language"
        static let revision: AttributeKey = "revision"
    }

    /// Those of a text stream that carries the whole text.
    public var attributes: [AttributeKey: String] {
        var attributes = [Attribute.path: path.text]
        attributes[Attribute.language] = language
        attributes[Attribute.revision] = revision.map(String.init)
        return attributes
    }

    /// A text stream's attributes and text.
    public init(attributes: [AttributeKey: String], text: String) throws(WireError) {
        var revision: Int?
        if let given = attributes[Attribute.revision], !given.isEmpty {
            guard let number = Int(given) else {
                throw WireError(.wrongType, "the attribute 'revision' is not a whole number")
            }
            revision = number
        }
        let path = attributes[Attribute.path] ?? ""
        self.init(
            path: path.isEmpty ? Self.defaultPath : DocumentPath(path), language: attributes[Attribute.language],
            revision: revision,
            text: text)
        _ = try change()
    }

    public func change() throws(WireError) -> Change {
        if let revision, revision < 0 { throw WireError(.outOfRange, "'revision' is negative") }
        switch (text, edits) {
        case (let text?, nil):
            return .replace(path: path, language: language ?? "", revision: revision, text: text)
        case (nil, let edits?):
            guard let revision else { throw WireError(.missingMember, "'revision' is missing") }
            guard let base else { throw WireError(.missingMember, "'base' is missing") }
            return .edit(path: path, base: base, revision: revision, edits: edits)
        case (nil, nil): throw WireError(.missingMember, "'text' or 'edits' is missing")
        case (_?, _?): throw WireError(.outOfRange, "'text' and 'edits' are both there")
        }
    }
}
