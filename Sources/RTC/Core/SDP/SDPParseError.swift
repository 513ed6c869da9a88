/// Why a text is not a session description, and where.
public struct SDPParseError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// Longer than `SessionDescription.maximumLength` bytes.
        case tooLong
        /// More than `SessionDescription.maximumSections` media sections.
        case tooManySections
        /// Not of the form `<letter>=<text>`.
        case notALine
        /// A control character inside a line.
        case controlCharacter
        /// The first line is not `v=0`.
        case unsupportedVersion
        /// `o=` is missing or not six fields with numbers where they belong.
        case malformedOrigin
        /// `m=` does not have a kind, port, protocol and format.
        case malformedMedia
        /// The value of a known attribute does not follow its grammar; the attribute's name.
        case malformedAttribute(String)
        /// Two sections with the same `a=mid`.
        case duplicateMID(String)
    }

    /// The line it was found in, from 1.
    public var line: Int
    public var reason: Reason

    public init(line: Int, reason: Reason) {
        self.line = line
        self.reason = reason
    }

    public var description: String {
        let text =
            switch reason {
            case .tooLong: "the description is longer than \(SessionDescription.maximumLength) bytes"
            case .tooManySections: "more than \(SessionDescription.maximumSections) media sections"
            case .notALine: "not a line of the form x=text"
            case .controlCharacter: "a control character inside the line"
            case .unsupportedVersion: "the first line must be v=0"
            case .malformedOrigin: "o= is missing or malformed"
            case .malformedMedia: "m= is malformed"
            case .malformedAttribute(let name): "a=\(name) is malformed"
            case .duplicateMID(let mid): "the mid \(mid) is used twice"
            }
        return "SDP line \(line): \(text)"
    }
}
