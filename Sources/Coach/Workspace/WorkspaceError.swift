import SansIO

/// Why a change of a document was not taken, for whom it may concern to put it right; nothing is changed by it.
public struct WorkspaceError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: Error, Hashable {
        /// The document would be larger than `limit` bytes of UTF-8.
        case tooLarge(limit: Int)
        /// More documents, senders, lines or edits in one change than are kept.
        case tooMany(Bound, limit: Int)
        case pathEmpty
        /// The path or the language's name is longer than `limit` bytes.
        case nameTooLong(limit: Int)
        /// The change is not newer than what is here.
        case staleRevision(given: Int)
        /// The edits build on a version that is not here.
        case unknownBase(given: Int)
        /// The edit's positions are not in the document; edits are counted from 0.
        case invalidRange(edit: Int)
    }

    /// What there may be only so many of.
    public enum Bound: String, Sendable, Hashable {
        case senders
        case lines = "lines in a document"
        case edits = "edits in one change"
        case editedLines = "lines edited in one change"
    }

    /// What the sender can do to be in step again.
    public enum Resend: String, Sendable, Hashable, Codable {
        /// What was sent breaks a bound, and would do so again.
        case nothing
        /// The whole text; where `revision` says one, with a revision above it.
        case wholeText = "whole_text"
    }

    public var reason: Reason
    /// The file that the change was for, cut where it is longer than a path may be.
    public var path: DocumentPath
    /// The revision that is here; nil where the file is not.
    public var revision: Int?

    public init(_ reason: Reason, path: DocumentPath, revision: Int?) {
        self.reason = reason
        self.path = path
        self.revision = revision
    }

    public var resend: Resend {
        switch reason {
        case .tooLarge, .tooMany(.senders, _), .tooMany(.lines, _), .pathEmpty, .nameTooLong: .nothing
        case .tooMany(.edits, _), .tooMany(.editedLines, _), .staleRevision, .unknownBase, .invalidRange: .wholeText
        }
    }

    /// Names the bound that was broken or the revision that is here, without the path.
    public var description: String {
        let told =
            switch reason {
            case .tooLarge(let limit): "the document would be larger than \(limit) bytes"
            case .tooMany(let bound, let limit): "more than \(limit) \(bound.rawValue)"
            case .pathEmpty: "the path is empty"
            case .nameTooLong(let limit): "path or language is longer than \(limit) bytes"
            case .staleRevision(let given): "revision \(given) is not newer than \(here)"
            case .unknownBase(let given): "edits of revision \(given), but \(here) is here"
            case .invalidRange(let edit): "edit \(edit): the range is not in the document"
            }
        return resend == .wholeText ? told + ": send the whole file" : told
    }

    private var here: String { revision.map(String.init) ?? "no such file" }
}
