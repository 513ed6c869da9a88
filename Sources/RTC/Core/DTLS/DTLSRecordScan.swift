import NIOCore

/// What the record headers of a datagram say (RFC 6347 §4.1), read before OpenSSL sees it.
enum DTLSRecordScan {
    static let headerLength = 13

    /// Whether `datagram` begins with a whole record of DTLS. OpenSSL drops in silence what comes after it and is broken.
    static func beginsWithRecord(_ datagram: UnsafeRawBufferPointer) -> Bool {
        guard datagram.count >= headerLength, (20...24).contains(datagram[0]), datagram[1] == 0xFE else { return false }
        let length = Int(datagram[11]) << 8 | Int(datagram[12])
        return length <= datagram.count - headerLength
    }
}
