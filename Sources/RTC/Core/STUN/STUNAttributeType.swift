/// Attribute type numbers of the IANA registry "STUN Attributes" that ICE needs.
///
/// Types below 0x8000 must be understood by a receiver, the others may be skipped (RFC 8489 §14).
enum STUNAttributeType {
    static let mappedAddress: UInt16 = 0x0001
    static let username: UInt16 = 0x0006
    static let messageIntegrity: UInt16 = 0x0008
    static let errorCode: UInt16 = 0x0009
    static let unknownAttributes: UInt16 = 0x000A
    static let xorMappedAddress: UInt16 = 0x0020
    static let priority: UInt16 = 0x0024
    static let useCandidate: UInt16 = 0x0025
    static let software: UInt16 = 0x8022
    static let fingerprint: UInt16 = 0x8028
    static let iceControlled: UInt16 = 0x8029
    static let iceControlling: UInt16 = 0x802A

    static func mustBeUnderstood(_ type: UInt16) -> Bool { type < 0x8000 }
}
