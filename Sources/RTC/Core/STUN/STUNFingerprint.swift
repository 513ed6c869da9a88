import NIOCore

/// FINGERPRINT (RFC 8489 §14.7): a CRC-32 that tells STUN from other protocols on the same port.
enum STUNFingerprint {
    /// The attribute's value for `message`, whose header length already counts the attribute.
    static func value(over message: ByteBuffer) -> UInt32 {
        message.withUnsafeReadableBytes { crc32($0) } ^ 0x5354_554E
    }

    /// The CRC-32 of ITU V.42, as in Ethernet and zip.
    static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var register: UInt32 = .max
        for byte in bytes {
            register = table[Int((register ^ UInt32(byte)) & 0xFF)] ^ (register >> 8)
        }
        return ~register
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
        }
    }
}
