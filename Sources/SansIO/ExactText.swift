/// Text that is compared, ordered and hashed by its UTF-8 bytes.
///
/// Swift's `String` takes canonically equivalent texts (Unicode Standard, chapter 3.7) for the same: "é" in one code point
/// and "e" with a combining accent. LiveKit servers compare bytes, so that two participants may carry such names; whoever
/// compared them as `String` would take one for the other. Whatever names somebody or something from the network is kept
/// as an `ExactText` from where it is parsed to where it is shown.
///
/// `Kind` tells one kind of text from another and is never instantiated: an `Identity` is no `RoomName`.
public struct ExactText<Kind>: Sendable {
    /// The text, its bytes as they came. For showing and sending; comparing it brings equivalence back.
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The length in UTF-8 bytes.
    public var utf8Count: Int { text.utf8.count }

    public var isEmpty: Bool { text.isEmpty }

    /// Whether the bytes begin with those of `prefix`.
    public func hasPrefix(_ prefix: Self) -> Bool { text.utf8.starts(with: prefix.text.utf8) }
}

extension ExactText: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // No UTF-8 text contains this byte, so that texts hashed one after the other do not run together.
        hasher.combine(0xFF as UInt8)
    }
}

extension ExactText: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

extension ExactText: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) { self.init(text) }
}

extension ExactText: LosslessStringConvertible, CustomDebugStringConvertible {
    public var description: String { text }
    public var debugDescription: String { text.debugDescription }
}

/// A bare string, also as the key of a dictionary.
///
/// A decoder of JSON objects may look keys up as `String` itself, and then has one value for two equivalent keys; which
/// one, is the decoder's choice. The key it gives is exact.
extension ExactText: Codable, CodingKeyRepresentable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var codingKey: any CodingKey { ExactTextKey(stringValue: text) }

    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

private struct ExactTextKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
}

/// The kinds of names that come over the network.
public enum ExactTextKind {
    public enum Identity {}
    public enum RoomName {}
    public enum TopicName {}
    public enum DocumentPath {}
    public enum AttributeKey {}
}

/// Who a participant is, as its token says (`sub`); unique in a room by its bytes. Empty where the server shows none.
public typealias Identity = ExactText<ExactTextKind.Identity>
/// A room's name; unique on a server by its bytes.
public typealias RoomName = ExactText<ExactTextKind.RoomName>
/// What a data packet or stream is about: `jask.code`.
public typealias TopicName = ExactText<ExactTextKind.TopicName>
/// Where a document is, as its sender names it: `src/main.py`.
public typealias DocumentPath = ExactText<ExactTextKind.DocumentPath>
/// The name of a participant's or stream's attribute: `jask.role`.
public typealias AttributeKey = ExactText<ExactTextKind.AttributeKey>
