import NIOCore

/// What the record headers of a datagram say (RFC 6347 §4.1), read before OpenSSL sees it.
enum DTLSRecordScan {
    static let headerLength = 13
    /// The explicit nonce and the tag of AES-GCM (RFC 5288 §3), which no protected record is without.
    static let shortestProtected = 24

    /// How many bytes of `datagram` are records that OpenSSL may see; 0 for what is none.
    ///
    /// A protected record that is too short for its cipher ends OpenSSL's association (seen with 3.0.19), so that anyone
    /// who can send a datagram could: RFC 6347 §4.1.2.7 has it dropped. What follows a broken record goes with it.
    static func usableLength(of datagram: UnsafeRawBufferPointer) -> Int {
        var usable = 0
        while datagram.count - usable >= headerLength {
            let record = UnsafeRawBufferPointer(rebasing: datagram[usable...])
            let length = Int(record[11]) << 8 | Int(record[12])
            let isProtected = record[3] != 0 || record[4] != 0
            guard (20...24).contains(record[0]), record[1] == 0xFE, length <= record.count - headerLength,
                !isProtected || length >= shortestProtected
            else { break }
            usable += headerLength + length
        }
        return usable
    }
}
