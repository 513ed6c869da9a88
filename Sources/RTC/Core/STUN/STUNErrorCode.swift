import NIOCore

/// ERROR-CODE (RFC 8489 §14.8): a number from 300 to 699 and a phrase for people.
public struct STUNErrorCode: Hashable, Sendable {
    /// 300...699.
    public var code: Int
    /// At most 763 bytes of UTF-8; not for programs.
    public var reason: String

    public init(code: Int, reason: String) {
        self.code = code
        self.reason = reason
    }

    public static let badRequest = STUNErrorCode(code: 400, reason: "Bad Request")
    public static let unauthenticated = STUNErrorCode(code: 401, reason: "Unauthenticated")
    public static let unknownAttribute = STUNErrorCode(code: 420, reason: "Unknown Attribute")
    /// The peer believes in the same role and has the larger tie-breaker (RFC 8445 §7.3.1.1).
    public static let roleConflict = STUNErrorCode(code: 487, reason: "Role Conflict")

    init?(value: ByteBuffer) {
        guard value.readableBytes >= 4, let word = value.getInteger(at: value.readerIndex, as: UInt32.self) else {
            return nil
        }
        let hundreds = Int(word >> 8 & 0x7)
        let number = Int(word & 0xFF)
        guard (3...6).contains(hundreds), number < 100 else { return nil }
        code = hundreds * 100 + number
        reason = String(decoding: value.readableBytesView.dropFirst(4), as: UTF8.self)
    }

    func write(to buffer: inout ByteBuffer) {
        let bounded = min(max(code, 300), 699)
        buffer.writeInteger(UInt32(bounded / 100) << 8 | UInt32(bounded % 100))
        buffer.writeBytes(reason.utf8.prefix(763))
    }
}
