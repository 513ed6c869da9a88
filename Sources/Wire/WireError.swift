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
        case staleRevision = "stale_revision"
        /// Ranged edits on a version that is not here.
        case unknownBase = "unknown_base"
        case invalidEdit = "invalid_edit"
        /// The sender's role does not allow it.
        case notAllowed = "not_allowed"
        case unknownTopic = "unknown_topic"
        /// A stream that did not arrive whole.
        case brokenStream = "broken_stream"
        /// There is no such hint.
        case unknownHint = "unknown_hint"
    }

    public var code: Code
    /// A sentence about what was wrong, without text of the message.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
