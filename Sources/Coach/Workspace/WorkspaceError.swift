/// Why a change of a document was not taken; nothing is changed by it.
public enum WorkspaceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The document would be larger than `limit` bytes of UTF-8.
    case tooLarge(limit: Int)
    /// More documents, senders or edits in one change than are kept.
    case tooMany(what: String, limit: Int)
    case pathEmpty
    case nameTooLong(limit: Int)
    /// The change is not newer than what is there.
    case staleRevision(current: Int, given: Int)
    /// The edits build on a version that is not here: the whole file is needed.
    case unknownBase(current: Int?, given: Int)
    /// The edit's positions are not in the document.
    case invalidRange(edit: Int)

    public var description: String {
        switch self {
        case .tooLarge(let limit): "the document would be larger than \(limit) bytes"
        case .tooMany(let what, let limit): "more than \(limit) \(what)"
        case .pathEmpty: "the path is empty"
        case .nameTooLong(let limit): "path or language is longer than \(limit) bytes"
        case .staleRevision(let current, let given): "revision \(given) is not newer than \(current)"
        case .unknownBase(let current?, let given):
            "edits of revision \(given), but \(current) is here: send the whole file"
        case .unknownBase(nil, let given): "edits of revision \(given), but the file is not here: send the whole file"
        case .invalidRange(let edit): "edit \(edit): the range is not in the document"
        }
    }
}
