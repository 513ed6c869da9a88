import NIOCore

/// Base64 (RFC 4648 §4), as descriptions carry parameter sets.
enum Base64 {
    /// - Returns: `nil` where a character does not belong, or the last group is short.
    static func decode(_ text: some Sequence<UInt8>) -> ByteBuffer? {
        var data = ByteBuffer()
        var (bits, count): (UInt32, Int) = (0, 0)
        var isPadded = false
        for character in text {
            if character == UInt8(ascii: "=") {
                isPadded = true
                continue
            }
            guard !isPadded, let value = value(of: character) else { return nil }
            bits = bits << 6 | value
            count += 1
            if count == 4 {
                data.writeBytes([UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)])
                (bits, count) = (0, 0)
            }
        }
        switch count {
        case 0: break
        case 2: data.writeInteger(UInt8(bits >> 4 & 0xFF))
        case 3: data.writeBytes([UInt8(bits >> 10 & 0xFF), UInt8(bits >> 2 & 0xFF)])
        default: return nil
        }
        return data.readableBytes > 0 ? data : nil
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
