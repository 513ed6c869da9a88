import NIOCore

extension STUNMessage {
    /// The message's bytes, with MESSAGE-INTEGRITY where `integrityKey` is given, and always with FINGERPRINT, as ICE
    /// wants it (RFC 8445 §7.1, §7.3). Padding is zeros.
    public func serialized(integrityKey: [UInt8]? = nil) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 160)
        buffer.writeInteger(STUNMessageType(messageClass: messageClass, method: method).wire)
        buffer.writeInteger(UInt16(0))
        buffer.writeInteger(STUNAddress.magicCookie)
        buffer.writeInteger(transactionID.high)
        buffer.writeInteger(transactionID.low)
        for attribute in attributes { write(attribute, to: &buffer) }
        if let integrityKey {
            Self.setLength(of: &buffer, growingBy: 4 + STUNIntegrity.byteCount)
            let code = STUNIntegrity.code(over: buffer, key: integrityKey)
            buffer.writeInteger(STUNAttributeType.messageIntegrity)
            buffer.writeInteger(UInt16(STUNIntegrity.byteCount))
            buffer.writeBytes(code)
            buffer.writeRepeatingByte(0, count: STUNIntegrity.byteCount - code.count)
        }
        Self.setLength(of: &buffer, growingBy: 8)
        let fingerprint = STUNFingerprint.value(over: buffer)
        buffer.writeInteger(STUNAttributeType.fingerprint)
        buffer.writeInteger(UInt16(4))
        buffer.writeInteger(fingerprint)
        return buffer
    }

    private func write(_ attribute: STUNAttribute, to buffer: inout ByteBuffer) {
        buffer.writeInteger(attribute.type)
        let lengthAt = buffer.writerIndex
        buffer.writeInteger(UInt16(0))
        attribute.writeValue(to: &buffer, transactionID: transactionID)
        let length = buffer.writerIndex - lengthAt - 2
        buffer.setInteger(UInt16(clamping: length), at: lengthAt)
        buffer.writeRepeatingByte(0, count: (4 - length % 4) % 4)
    }

    private static func setLength(of buffer: inout ByteBuffer, growingBy extra: Int) {
        buffer.setInteger(UInt16(clamping: buffer.writerIndex + extra - headerBytes), at: 2)
    }
}
