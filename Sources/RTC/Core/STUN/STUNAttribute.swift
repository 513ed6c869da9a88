import NIOCore

/// One attribute of a STUN message. MESSAGE-INTEGRITY and FINGERPRINT are made and checked by the codec itself.
public enum STUNAttribute: Hashable, Sendable {
    /// MAPPED-ADDRESS, from servers older than XOR-MAPPED-ADDRESS.
    case mappedAddress(TransportAddress)
    /// USERNAME; in ICE `<ufrag of the receiver>:<ufrag of the sender>`.
    case username(String)
    case errorCode(STUNErrorCode)
    /// UNKNOWN-ATTRIBUTES: the types an error 420 is about.
    case unknownAttributes([UInt16])
    /// XOR-MAPPED-ADDRESS: the address that the request was seen to come from.
    case xorMappedAddress(TransportAddress)
    /// PRIORITY that a peer-reflexive candidate learnt from this check is to have (RFC 8445 §7.1.1).
    case priority(UInt32)
    /// USE-CANDIDATE: the controlling agent nominates the pair (RFC 8445 §7.1.2).
    case useCandidate
    case software(String)
    /// ICE-CONTROLLED and its tie-breaker.
    case iceControlled(UInt64)
    /// ICE-CONTROLLING and its tie-breaker.
    case iceControlling(UInt64)
    /// Any other attribute, and an optional one whose value makes no sense, with its value as it came.
    case unknown(type: UInt16, value: [UInt8])

    /// The attribute's type number.
    public var type: UInt16 {
        switch self {
        case .mappedAddress: STUNAttributeType.mappedAddress
        case .username: STUNAttributeType.username
        case .errorCode: STUNAttributeType.errorCode
        case .unknownAttributes: STUNAttributeType.unknownAttributes
        case .xorMappedAddress: STUNAttributeType.xorMappedAddress
        case .priority: STUNAttributeType.priority
        case .useCandidate: STUNAttributeType.useCandidate
        case .software: STUNAttributeType.software
        case .iceControlled: STUNAttributeType.iceControlled
        case .iceControlling: STUNAttributeType.iceControlling
        case .unknown(let type, _): type
        }
    }

    init(
        parsing type: UInt16, value: ByteBuffer, transactionID: STUNTransactionID
    ) throws(STUNParseError) {
        if let known = Self.known(type, value, transactionID) {
            self = known
        } else if Self.understood.contains(type), STUNAttributeType.mustBeUnderstood(type) {
            throw .malformedAttribute(type: type)
        } else {
            self = .unknown(type: type, value: Array(value.readableBytesView))
        }
    }

    private static let understood: Set<UInt16> = [
        STUNAttributeType.mappedAddress, STUNAttributeType.username, STUNAttributeType.errorCode,
        STUNAttributeType.unknownAttributes, STUNAttributeType.xorMappedAddress, STUNAttributeType.priority,
        STUNAttributeType.useCandidate,
    ]

    private static func known(
        _ type: UInt16, _ value: ByteBuffer, _ transactionID: STUNTransactionID
    ) -> STUNAttribute? {
        switch type {
        case STUNAttributeType.mappedAddress:
            STUNAddress.parse(value, maskedWith: nil).map { .mappedAddress($0) }
        case STUNAttributeType.xorMappedAddress:
            STUNAddress.parse(value, maskedWith: transactionID).map { .xorMappedAddress($0) }
        case STUNAttributeType.username: text(value).map { .username($0) }
        case STUNAttributeType.software: text(value).map { .software($0) }
        case STUNAttributeType.errorCode: STUNErrorCode(value: value).map { .errorCode($0) }
        case STUNAttributeType.unknownAttributes: types(value).map { .unknownAttributes($0) }
        case STUNAttributeType.priority: integer(value, UInt32.self).map { .priority($0) }
        case STUNAttributeType.useCandidate: value.readableBytes == 0 ? .useCandidate : nil
        case STUNAttributeType.iceControlled: integer(value, UInt64.self).map { .iceControlled($0) }
        case STUNAttributeType.iceControlling: integer(value, UInt64.self).map { .iceControlling($0) }
        default: nil
        }
    }

    private static func text(_ value: ByteBuffer) -> String? {
        String(validating: value.readableBytesView, as: UTF8.self)
    }

    private static func integer<Value: FixedWidthInteger>(_ value: ByteBuffer, _: Value.Type) -> Value? {
        guard value.readableBytes == MemoryLayout<Value>.size else { return nil }
        return value.getInteger(at: value.readerIndex)
    }

    private static func types(_ value: ByteBuffer) -> [UInt16]? {
        guard value.readableBytes.isMultiple(of: 2) else { return nil }
        var rest = value
        var result: [UInt16] = []
        while let type = rest.readInteger(as: UInt16.self) { result.append(type) }
        return result
    }

    func writeValue(to buffer: inout ByteBuffer, transactionID: STUNTransactionID) {
        switch self {
        case .mappedAddress(let address): STUNAddress.write(address, maskedWith: nil, to: &buffer)
        case .xorMappedAddress(let address): STUNAddress.write(address, maskedWith: transactionID, to: &buffer)
        case .username(let text), .software(let text): buffer.writeBytes(text.utf8.prefix(763))
        case .errorCode(let code): code.write(to: &buffer)
        case .unknownAttributes(let types): types.prefix(128).forEach { buffer.writeInteger($0) }
        case .priority(let value): buffer.writeInteger(value)
        case .useCandidate: break
        case .iceControlled(let value), .iceControlling(let value): buffer.writeInteger(value)
        case .unknown(_, let value): buffer.writeBytes(value.prefix(0xFFFC))
        }
    }
}
