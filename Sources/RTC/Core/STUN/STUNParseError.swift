/// Why bytes are not a STUN message.
public enum STUNParseError: Error, Hashable, Sendable {
    /// Fewer bytes than the 20 of the header.
    case tooShort(bytes: Int)
    /// The first two bits or the magic cookie say that this is another protocol.
    case notSTUN
    /// The header's length is no multiple of four, or does not match the bytes that came.
    case lengthMismatch(announced: Int, present: Int)
    /// An attribute runs past the end of the message.
    case truncatedAttribute(type: UInt16)
    /// An attribute that must be understood has a value of the wrong length or form.
    case malformedAttribute(type: UInt16)
    /// More attributes than any real message has.
    case tooManyAttributes
    /// FINGERPRINT is there but is not the last attribute.
    case fingerprintNotLast
    /// FINGERPRINT does not match the bytes.
    case fingerprintMismatch
}
