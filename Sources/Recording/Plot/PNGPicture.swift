import CZlib
import Pictures

/// A picture as a PNG file, for the plot.
enum PNGPicture {
    /// - Returns: nil where there is no memory.
    static func bytes(of picture: RGBPicture) -> [UInt8]? {
        let stride = picture.width * 3
        var rows: [UInt8] = []
        rows.reserveCapacity((stride + 1) * picture.height)
        for row in 0..<picture.height {
            // Each without a filter.
            rows.append(0)
            rows += picture.bytes[(row * stride)..<((row + 1) * stride)]
        }
        guard let data = zlibStream(rows) else { return nil }
        let header = number(UInt32(picture.width)) + number(UInt32(picture.height)) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", data)
            + chunk("IEND", [])
    }

    private static func zlibStream(_ bytes: [UInt8]) -> [UInt8]? {
        let most = jask_deflate_bound(JASK_DEFLATE_RAW, bytes.count)
        var count = 0
        var status = JASK_ZLIB_NO_MEMORY
        let deflated = [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
            status = bytes.withUnsafeBufferPointer {
                jask_deflate(JASK_DEFLATE_RAW, $0.baseAddress, $0.count, buffer.baseAddress, most, &count)
            }
            filled = status == JASK_ZLIB_DONE ? count : 0
        }
        guard status == JASK_ZLIB_DONE else { return nil }
        return [0x78, 0x9C] + deflated + number(adler(bytes))
    }

    private static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        let named = Array(kind.utf8) + data
        return number(UInt32(data.count)) + named + number(crc(named))
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }

    private static func adler(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }

    private static let crcTable: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }
}
