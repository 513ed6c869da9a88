/// One `a=` line: a flag (`a=rtcp-mux`) or a name with a value (`a=mid:0`).
public struct SDPAttribute: Hashable, Sendable, CustomStringConvertible {
    /// The part before the first colon. Case matters (RFC 8866 §5.13).
    public var name: String
    /// The part after the first colon; `nil` for a flag.
    public var value: String?

    public init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }

    /// The text after `a=`.
    public var description: String { value.map { "\(name):\($0)" } ?? name }
}

/// Any other line, of which only type and text are kept, such as `c=`, `b=` and `t=`.
public struct SDPLine: Hashable, Sendable {
    /// The letter before the equals sign.
    public var type: Character
    public var value: String

    public init(_ type: Character, _ value: String) {
        self.type = type
        self.value = value
    }
}

extension [SDPAttribute] {
    /// The first attribute of that name, flag or not.
    func first(_ name: String) -> SDPAttribute? { first { $0.name == name } }

    /// The value of the first attribute of that name that has one.
    func value(_ name: String) -> String? { first { $0.name == name && $0.value != nil }?.value }

    /// The values of all attributes of that name, in order.
    func values(_ name: String) -> [String] { compactMap { $0.name == name ? $0.value : nil } }
}
