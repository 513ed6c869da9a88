import SansIO

/// An id that sorts by time: 48 bits of milliseconds since 1970 and 80 random bits, in Crockford's base 32.
public struct ULID: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// 26 characters.
    public let description: String

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    public init(at time: Timestamp, random: inout RandomSource) {
        var high = UInt64(max(0, time.milliseconds))
        var characters = [UInt8](repeating: 0, count: 26)
        for index in stride(from: 9, through: 0, by: -1) {
            characters[index] = Self.alphabet[Int(high & 31)]
            high >>= 5
        }
        for half in 0..<2 {
            var bits = random.next()
            for index in 0..<8 {
                characters[10 + half * 8 + index] = Self.alphabet[Int(bits & 31)]
                bits >>= 5
            }
        }
        description = String(decoding: characters, as: UTF8.self)
    }

    /// - Returns: nil unless it is 26 characters of the alphabet, in upper case, within 128 bits.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 26, bytes[0] <= UInt8(ascii: "7"), bytes.allSatisfy(Self.alphabet.contains) else {
            return nil
        }
        description = text
    }

    public static func < (left: ULID, right: ULID) -> Bool { left.description < right.description }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = ULID(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a ULID"))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
