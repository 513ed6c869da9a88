import NIOCore

/// Reads bits, the most significant first. Beyond the end everything is `nil`.
struct BitReader {
    private let bytes: ByteBuffer
    /// In bits, from the first readable byte.
    private var position = 0
    private let end: Int
    /// Whether a 3 after two zero bytes is an emulation prevention byte and is left out (H.264 §7.4.1.1).
    private let skipsEmulation: Bool
    private var zeros = 0

    init(_ bytes: ByteBuffer, skipsEmulation: Bool = false) {
        self.bytes = bytes
        self.skipsEmulation = skipsEmulation
        end = bytes.readableBytes * 8
    }

    mutating func bit() -> UInt32? {
        if skipsEmulation, position & 7 == 0 { passEmulation() }
        guard position < end, let byte = bytes.getInteger(at: bytes.readerIndex + position >> 3, as: UInt8.self) else {
            return nil
        }
        defer { position += 1 }
        return UInt32(byte >> UInt8(7 - position & 7) & 1)
    }

    /// - Parameter count: 0–32.
    mutating func bits(_ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let bit = bit() else { return nil }
            value = value << 1 | bit
        }
        return value
    }

    /// An unsigned Exp-Golomb number (H.264 §9.1); at most 2³² − 2.
    mutating func exponentialGolomb() -> UInt32? {
        var zeros = 0
        while true {
            guard let bit = bit() else { return nil }
            if bit == 1 { break }
            zeros += 1
            guard zeros < 32 else { return nil }
        }
        guard let rest = bits(zeros) else { return nil }
        return (1 << UInt32(zeros)) - 1 + rest
    }

    /// A signed Exp-Golomb number (H.264 §9.1.1).
    mutating func signedExponentialGolomb() -> Int64? {
        exponentialGolomb().map { $0 & 1 == 1 ? Int64($0 >> 1) + 1 : -Int64($0 >> 1) }
    }

    private mutating func passEmulation() {
        guard let byte = bytes.getInteger(at: bytes.readerIndex + position >> 3, as: UInt8.self) else { return }
        if zeros >= 2, byte == 3 {
            position += 8
            zeros = 0
            // What follows one is never another.
            if position < end, bytes.getInteger(at: bytes.readerIndex + position >> 3, as: UInt8.self) == 0 {
                zeros = 1
            }
        } else {
            zeros = byte == 0 ? zeros + 1 : 0
        }
    }
}
