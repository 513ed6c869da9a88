import CCRC32C

/// The CRC32c (Castagnoli) of RFC 9260 appendix A: by the processor's own instruction where there is one, else eight
/// bytes at a time from tables.
enum CRC32C {
    static let isInHardware = jask_crc32c_is_supported() != 0

    /// Eight tables of 256 entries; table `k` advances a byte by `k` further zero bytes.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<(8 * 256) {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()

    /// The checksum of all bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        ~update(~0, bytes)
    }

    /// The checksum of an SCTP packet with its checksum field (bytes 8 to 11) taken as zero.
    ///
    /// - Returns: `nil` for fewer than 12 bytes.
    static func checksum(ofPacket packet: UnsafeRawBufferPointer) -> UInt32? {
        guard packet.count >= 12 else { return nil }
        var crc = update(~0, UnsafeRawBufferPointer(rebasing: packet[..<8]))
        crc = withUnsafeBytes(of: UInt32(0)) { update(crc, $0) }
        return ~update(crc, UnsafeRawBufferPointer(rebasing: packet[12...]))
    }

    private static func update(_ start: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        if isInHardware { return jask_crc32c_update(start, bytes.baseAddress, bytes.count) }
        return updateByTables(start, bytes)
    }

    /// For processors without the instruction.
    static func updateByTables(_ start: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { update(start, bytes, $0) }
    }

    private static func update(
        _ start: UInt32, _ bytes: UnsafeRawBufferPointer, _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        guard let table = tables.baseAddress, let base = bytes.baseAddress else { return start }
        var crc = start
        var offset = 0
        let wholeWords = bytes.count & ~7
        while offset < wholeWords {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
            let low = UInt32(truncatingIfNeeded: word)
            let high = UInt32(truncatingIfNeeded: word >> 32)
            crc =
                table[Int(low & 0xFF) + 7 * 256] ^ table[Int(low >> 8 & 0xFF) + 6 * 256]
                ^ table[Int(low >> 16 & 0xFF) + 5 * 256] ^ table[Int(low >> 24) + 4 * 256]
                ^ table[Int(high & 0xFF) + 3 * 256] ^ table[Int(high >> 8 & 0xFF) + 2 * 256]
                ^ table[Int(high >> 16 & 0xFF) + 256] ^ table[Int(high >> 24)]
            offset += 8
        }
        while offset < bytes.count {
            crc = crc >> 8 ^ table[Int((crc ^ UInt32(base.load(fromByteOffset: offset, as: UInt8.self))) & 0xFF)]
            offset += 1
        }
        return crc
    }
}
