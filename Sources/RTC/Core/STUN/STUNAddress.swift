import NIOCore

/// The value of MAPPED-ADDRESS and XOR-MAPPED-ADDRESS (RFC 8489 §14.1, §14.2).
enum STUNAddress {
    static let magicCookie: UInt32 = 0x2112_A442

    /// - Parameter transactionID: what the address is masked with; `nil` reads it as it stands.
    static func parse(_ value: ByteBuffer, maskedWith transactionID: STUNTransactionID?) -> TransportAddress? {
        let start = value.readerIndex
        guard let family = value.getInteger(at: start + 1, as: UInt8.self),
            let port = value.getInteger(at: start + 2, as: UInt16.self)
        else { return nil }
        let portMask = transactionID == nil ? 0 : UInt16(truncatingIfNeeded: magicCookie >> 16)
        switch (family, value.readableBytes) {
        case (1, 8):
            guard let bits = value.getInteger(at: start + 4, as: UInt32.self) else { return nil }
            let ip = IPAddress(v4: bits ^ (transactionID == nil ? 0 : magicCookie))
            return TransportAddress(ip: ip, port: port ^ portMask)
        case (2, 20):
            guard let high = value.getInteger(at: start + 4, as: UInt64.self),
                let low = value.getInteger(at: start + 12, as: UInt64.self)
            else { return nil }
            let mask = mask(transactionID)
            return TransportAddress(ip: IPAddress(high: high ^ mask.high, low: low ^ mask.low), port: port ^ portMask)
        default:
            return nil
        }
    }

    static func write(
        _ address: TransportAddress, maskedWith transactionID: STUNTransactionID?, to buffer: inout ByteBuffer
    ) {
        let portMask = transactionID == nil ? 0 : UInt16(truncatingIfNeeded: magicCookie >> 16)
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt8(address.ip.isV4 ? 1 : 2))
        buffer.writeInteger(address.port ^ portMask)
        if address.ip.isV4 {
            buffer.writeInteger(address.ip.v4 ^ (transactionID == nil ? 0 : magicCookie))
        } else {
            let mask = mask(transactionID)
            buffer.writeInteger(address.ip.high ^ mask.high)
            buffer.writeInteger(address.ip.low ^ mask.low)
        }
    }

    private static func mask(_ transactionID: STUNTransactionID?) -> (high: UInt64, low: UInt64) {
        guard let transactionID else { return (0, 0) }
        return (UInt64(magicCookie) << 32 | UInt64(transactionID.high), transactionID.low)
    }
}
