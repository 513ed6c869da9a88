/// The rule that an answer broke, so that it was withheld.
public enum HintRejection: Error, Sendable, Hashable {
    /// The model gave neither the tool's input nor a JSON object.
    case noObject
    /// A required member is not there.
    case missing(field: String)
    /// A member has the wrong JSON type.
    case wrongType(field: String)
    case wrongTier(asked: Int, given: Int)
    case empty
    case tooLong(words: Int, limit: Int)
    /// A fenced code block, which tiers 1 and 2 do not have.
    case codeBlock
    /// Something written as code: a statement, an assignment, an expression that the candidate has not written.
    case codeShape
    /// Characters that a reader would not see, or would see in another order.
    case hiddenCharacters
    /// It says what an earlier hint of this room said.
    case repeated

    /// A short name for metrics.
    public var label: String {
        switch self {
        case .noObject: "no_object"
        case .missing: "missing_field"
        case .wrongType: "wrong_type"
        case .wrongTier: "wrong_tier"
        case .empty: "empty"
        case .tooLong: "too_long"
        case .codeBlock: "code_block"
        case .codeShape: "code_shape"
        case .hiddenCharacters: "hidden_characters"
        case .repeated: "repeated"
        }
    }
}

/// What was wrong with the lines that the model pointed at. The hint itself stands.
public enum AnchorCorrection: String, Sendable, Hashable, Codable {
    /// There is no document to point into.
    case noDocument
    /// Another file than the one shown.
    case unknownPath
    /// No start line, or one of the wrong type.
    case incomplete
    /// The start is not a line of the document: the anchor was left out.
    case outOfRange
    /// The end was before the start or after the last line: it was moved.
    case clamped
}
