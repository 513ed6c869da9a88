/// What a STUN message is to its transaction (RFC 8489 §5): the two class bits of the message type.
public enum STUNClass: UInt8, Hashable, Sendable {
    case request = 0
    case indication = 1
    case success = 2
    case error = 3
}

/// The 12-bit method of a STUN message (RFC 8489 §5).
public struct STUNMethod: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue & 0x0FFF
    }

    /// Binding, the only method that ICE itself uses.
    public static let binding = STUNMethod(rawValue: 0x001)
}

/// Method and class as they are interleaved in the first two bytes of a message (RFC 8489 figure 3).
struct STUNMessageType {
    var messageClass: STUNClass
    var method: STUNMethod

    init(messageClass: STUNClass, method: STUNMethod) {
        self.messageClass = messageClass
        self.method = method
    }

    /// `nil` where the two most significant bits are not zero, so that it is no STUN at all.
    init?(wire: UInt16) {
        guard wire & 0xC000 == 0 else { return nil }
        let classBits = UInt8(truncatingIfNeeded: (wire >> 4 & 1) | (wire >> 7 & 2))
        guard let messageClass = STUNClass(rawValue: classBits) else { return nil }
        self.messageClass = messageClass
        method = STUNMethod(rawValue: (wire & 0x000F) | (wire & 0x00E0) >> 1 | (wire & 0x3E00) >> 2)
    }

    var wire: UInt16 {
        let bits = UInt16(messageClass.rawValue)
        let spread = (method.rawValue & 0x000F) | (method.rawValue & 0x0070) << 1 | (method.rawValue & 0x0F80) << 2
        return spread | (bits & 1) << 4 | (bits & 2) << 7
    }
}
