import NIOCore

extension STUNMessage {
    /// More than any real message has; bounds what a hostile one can make us keep.
    private static let maximumAttributes = 64

    /// Reads one datagram as a STUN message and checks its FINGERPRINT, if it has one.
    ///
    /// MESSAGE-INTEGRITY is kept for ``hasValidIntegrity(key:)``. Attributes this codec does not know are kept as they
    /// are.
    /// - Throws: what is wrong with the bytes; never traps.
    public init(parsing payload: ByteBuffer) throws(STUNParseError) {
        let message = payload.slice()
        try self.init(header: message)
        try parseAttributes(of: message)
    }

    private init(header message: ByteBuffer) throws(STUNParseError) {
        let size = message.readableBytes
        guard let word = message.getInteger(at: 0, as: UInt16.self),
            let length = message.getInteger(at: 2, as: UInt16.self),
            let cookie = message.getInteger(at: 4, as: UInt32.self),
            let high = message.getInteger(at: 8, as: UInt32.self),
            let low = message.getInteger(at: 12, as: UInt64.self)
        else { throw .tooShort(bytes: size) }
        guard let type = STUNMessageType(wire: word), cookie == STUNAddress.magicCookie else { throw .notSTUN }
        guard length.isMultiple(of: 4), Int(length) == size - Self.headerBytes else {
            throw .lengthMismatch(announced: Int(length), present: size - Self.headerBytes)
        }
        self.init(
            type.messageClass, method: type.method, transactionID: STUNTransactionID(high: high, low: low))
    }

    private mutating func parseAttributes(of message: ByteBuffer) throws(STUNParseError) {
        var offset = Self.headerBytes
        var seen = 0
        while offset < message.readableBytes {
            guard let type = message.getInteger(at: offset, as: UInt16.self),
                let length = message.getInteger(at: offset + 2, as: UInt16.self)
            else { throw .truncatedAttribute(type: 0) }
            let next = offset + 4 + (Int(length) + 3) / 4 * 4
            guard next <= message.readableBytes,
                let value = message.getSlice(at: offset + 4, length: Int(length))
            else { throw .truncatedAttribute(type: type) }
            seen += 1
            guard seen <= Self.maximumAttributes else { throw .tooManyAttributes }
            try take(type, value, at: offset, of: message)
            offset = next
        }
    }

    private mutating func take(
        _ type: UInt16, _ value: ByteBuffer, at offset: Int, of message: ByteBuffer
    ) throws(STUNParseError) {
        if hadFingerprint { throw .fingerprintNotLast }
        switch type {
        case STUNAttributeType.fingerprint:
            try checkFingerprint(value, at: offset, of: message)
        case STUNAttributeType.messageIntegrity where integrity == nil:
            guard value.readableBytes == STUNIntegrity.byteCount,
                let integrity = STUNIntegrity(message: message, attributeAt: offset)
            else { throw .malformedAttribute(type: type) }
            self.integrity = integrity
        default:
            if integrity == nil {
                attributes.append(try STUNAttribute(parsing: type, value: value, transactionID: transactionID))
            }
        }
    }

    private mutating func checkFingerprint(
        _ value: ByteBuffer, at offset: Int, of message: ByteBuffer
    ) throws(STUNParseError) {
        guard value.readableBytes == 4, let found = value.getInteger(at: value.readerIndex, as: UInt32.self),
            let covered = message.getSlice(at: 0, length: offset)
        else { throw .malformedAttribute(type: STUNAttributeType.fingerprint) }
        guard offset + 8 == message.readableBytes else { throw .fingerprintNotLast }
        guard found == STUNFingerprint.value(over: covered) else { throw .fingerprintMismatch }
        hadFingerprint = true
    }
}
