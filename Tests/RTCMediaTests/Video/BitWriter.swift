/// Writes bits, the most significant first.
struct BitWriter {
    private var bits: [UInt8] = []

    mutating func write(_ value: UInt32, _ count: Int) {
        for bit in stride(from: count - 1, through: 0, by: -1) { bits.append(UInt8(value >> UInt32(bit) & 1)) }
    }

    mutating func exponentialGolomb(_ value: UInt32) {
        let count = 32 - (value + 1).leadingZeroBitCount
        write(0, count - 1)
        write(value + 1, count)
    }

    /// Whole bytes; the last is filled with zeros.
    var bytes: [UInt8] {
        stride(from: 0, to: bits.count, by: 8).map { start in
            (0..<8).reduce(UInt8(0)) { $0 << 1 | (start + $1 < bits.count ? bits[start + $1] : 0) }
        }
    }

    /// The header of a VP9 key frame of profile 0.
    mutating func vp9KeyHeader(width: Int, height: Int) {
        write(0b10, 2)  // frame marker
        write(0, 2)  // profile
        write(0, 1)  // shows no old one
        write(0, 1)  // key frame
        write(0b10, 2)  // is shown, is not error resilient
        write(0x49_8342, 24)
        write(1, 3)  // BT.601
        write(0, 1)
        write(UInt32(width - 1), 16)
        write(UInt32(height - 1), 16)
    }
}

/// Parameter sets for pictures of a size.
struct H264Sets {
    let sequence: [UInt8]
    let picture: [UInt8]

    init(width: Int, height: Int, profile: UInt8 = 0x42, id: UInt32 = 0) {
        let columns = (width + 15) / 16
        let rows = (height + 15) / 16
        var writer = BitWriter()
        for byte in [0x67, profile, 0xC0, 0x1F] as [UInt8] { writer.write(UInt32(byte), 8) }
        writer.exponentialGolomb(id)
        if profile == 0x64 {
            for value in [1, 0, 0] as [UInt32] { writer.exponentialGolomb(value) }
            writer.write(0b01, 2)  // a scaling matrix, of which one list is there
            for list in 0..<8 {
                writer.write(list == 1 ? 1 : 0, 1)
                if list == 1 { for _ in 0..<16 { writer.exponentialGolomb(1) } }
            }
        }
        for value in [0, 2, 1] as [UInt32] { writer.exponentialGolomb(value) }
        writer.write(0, 1)
        writer.exponentialGolomb(UInt32(columns - 1))
        writer.exponentialGolomb(UInt32(rows - 1))
        writer.write(0b11, 2)
        let crop = (columns * 16 - width, rows * 16 - height)
        writer.write(crop == (0, 0) ? 0 : 1, 1)
        if crop != (0, 0) {
            for value in [0, crop.0 / 2, 0, crop.1 / 2] { writer.exponentialGolomb(UInt32(value)) }
        }
        writer.write(0b01, 2)
        sequence = Self.escaped(writer.bytes)
        var second = BitWriter()
        second.write(0x68, 8)
        second.exponentialGolomb(id)
        second.exponentialGolomb(id)
        second.write(0xFF, 8)
        picture = Self.escaped(second.bytes)
    }

    /// With emulation prevention (H.264 §7.4.1.1).
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        var escaped: [UInt8] = []
        var zeros = 0
        for byte in bytes {
            if zeros >= 2, byte <= 3 {
                escaped.append(3)
                zeros = 0
            }
            escaped.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        return escaped
    }

    /// The units of an access unit in Annex B form with start codes of four bytes.
    static func units(_ data: [UInt8]) -> [[UInt8]] {
        var units: [[UInt8]] = []
        var at = 0
        while at < data.count {
            if at + 4 <= data.count, data[at..<at + 4].elementsEqual([0, 0, 0, 1]) {
                units.append([])
                at += 4
            } else {
                units[units.count - 1].append(data[at])
                at += 1
            }
        }
        return units
    }
}
