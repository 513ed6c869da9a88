import SansIO

/// Why a message from a client was refused; it changed nothing.
public struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong, as `code` of the error notice names it.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case notUTF8 = "not_utf8"
        case notJSON = "not_json"
        case unknownVersion = "unknown_version"
        /// The member `type` is not the topic's.
        case wrongMessage = "wrong_message"
        case missingMember = "missing_member"
        case wrongType = "wrong_type"
        /// A value out of its bounds.
        case outOfRange = "out_of_range"
        case tooLarge = "too_large"
        /// More, or more often, than is read of one sender.
        case tooMuch = "too_much"
        case staleRevision = "stale_revision"
        /// Ranged edits on a version that is not here.
        case unknownBase = "unknown_base"
        case invalidEdit = "invalid_edit"
        /// The sender's role does not allow it.
        case notAllowed = "not_allowed"
        case unknownTopic = "unknown_topic"
        /// A stream that did not arrive whole.
        case brokenStream = "broken_stream"
        /// A picture that cannot be read.
        case badPicture = "bad_picture"
        /// There is no such hint.
        case unknownHint = "unknown_hint"
    }

    /// Which file an error of the editor protocol is about, and what brings both sides in step again.
    public struct Editing: Sendable, Hashable {
        public var path: DocumentPath
        /// The revision that is here; nil where the file is not.
        public var revision: Int?
        /// Whether the whole text is to be sent, with a revision above the one that is here.
        public var isWholeTextWanted: Bool

        public init(path: DocumentPath, revision: Int?, isWholeTextWanted: Bool) {
            self.path = path
            self.revision = revision
            self.isWholeTextWanted = isWholeTextWanted
        }
    }

    public var code: Code
    /// A sentence about what was wrong, without text of the message.
    public var message: String
    /// With a refused change of code.
    public var editing: Editing?

    public init(_ code: Code, _ message: String, editing: Editing? = nil) {
        self.code = code
        self.message = message
        self.editing = editing
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
