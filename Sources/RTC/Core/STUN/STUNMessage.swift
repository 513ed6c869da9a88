import NIOCore

/// A STUN message (RFC 8489) as ICE exchanges them: type, transaction, attributes.
///
/// MESSAGE-INTEGRITY and FINGERPRINT are not among the attributes: ``serialized(integrityKey:)`` adds them, parsing
/// checks FINGERPRINT, and ``hasValidIntegrity(key:)`` checks MESSAGE-INTEGRITY once it is known whose key it is.
public struct STUNMessage: Hashable, Sendable {
    public var messageClass: STUNClass
    public var method: STUNMethod
    public var transactionID: STUNTransactionID
    /// In the order of the wire. What followed MESSAGE-INTEGRITY is left out, as nobody vouches for it.
    public var attributes: [STUNAttribute]
    /// Whether the message that was parsed carried a (correct) FINGERPRINT.
    public internal(set) var hadFingerprint = false
    var integrity: STUNIntegrity?

    static let headerBytes = 20

    public init(
        _ messageClass: STUNClass, method: STUNMethod = .binding, transactionID: STUNTransactionID,
        attributes: [STUNAttribute] = []
    ) {
        self.messageClass = messageClass
        self.method = method
        self.transactionID = transactionID
        self.attributes = attributes
    }

    /// Whether a datagram is STUN by its first byte and magic cookie, as against DTLS, SRTP or TURN channel data on the
    /// same port (RFC 7983 §7).
    public static func isSTUN(_ payload: ByteBuffer) -> Bool {
        guard let first = payload.getInteger(at: payload.readerIndex, as: UInt8.self), first < 4,
            let cookie = payload.getInteger(at: payload.readerIndex + 4, as: UInt32.self)
        else { return false }
        return cookie == STUNAddress.magicCookie
    }

    /// Whether the message carried MESSAGE-INTEGRITY at all.
    public var hasIntegrity: Bool { integrity != nil }

    /// Whether the message carried MESSAGE-INTEGRITY made with `key`: for ICE's short-term credentials the UTF-8 of the
    /// password of the agent that the request goes to (RFC 8489 §9.1).
    public func hasValidIntegrity(key: [UInt8]) -> Bool {
        integrity?.matches(key: key) ?? false
    }

    /// Types of attributes that the receiver would have to understand and does not (RFC 8489 §6.3.1).
    public var unknownRequiredTypes: [UInt16] {
        attributes.compactMap {
            guard case .unknown(let type, _) = $0, STUNAttributeType.mustBeUnderstood(type) else { return nil }
            return type
        }
    }
}

// Where an attribute comes twice, the first counts (RFC 8489 §14).
extension STUNMessage {
    private func first<Value>(_ pick: (STUNAttribute) -> Value?) -> Value? {
        for attribute in attributes {
            if let value = pick(attribute) { return value }
        }
        return nil
    }

    public var username: String? { first { if case .username(let text) = $0 { text } else { nil } } }

    public var errorCode: STUNErrorCode? { first { if case .errorCode(let code) = $0 { code } else { nil } } }

    public var priority: UInt32? { first { if case .priority(let value) = $0 { value } else { nil } } }

    public var software: String? { first { if case .software(let text) = $0 { text } else { nil } } }

    public var iceControlled: UInt64? { first { if case .iceControlled(let value) = $0 { value } else { nil } } }

    public var iceControlling: UInt64? { first { if case .iceControlling(let value) = $0 { value } else { nil } } }

    public var useCandidate: Bool { attributes.contains(.useCandidate) }

    /// XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS.
    public var mappedAddress: TransportAddress? {
        first { if case .xorMappedAddress(let address) = $0 { address } else { nil } }
            ?? first { if case .mappedAddress(let address) = $0 { address } else { nil } }
    }
}
