/// Reads a header bit by bit, the highest bit of a byte first. Reading beyond the end is an error.
struct HeaderBits {
    private let bytes: UnsafeRawBufferPointer
    /// The next bit, from the first byte's highest.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func bit() throws(VideoHeaderError) -> Bool {
        guard position < bytes.count * 8 else { throw .truncated }
        defer { position += 1 }
        return bytes[position >> 3] >> (7 - UInt8(position & 7)) & 1 == 1
    }

    /// - Parameter count: 0 to 32.
    mutating func bits(_ count: Int) throws(VideoHeaderError) -> Int {
        var value = 0
        for _ in 0..<count { value = value << 1 | (try bit() ? 1 : 0) }
        return value
    }

    mutating func skip(_ count: Int) throws(VideoHeaderError) {
        guard count >= 0, count <= bytes.count * 8 - position else { throw .truncated }
        position += count
    }
}
