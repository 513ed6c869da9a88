import NIOCore

/// Reads a header bit by bit, the highest bit of a byte first. Reading beyond the end is an error.
package struct HeaderBits {
    private let bytes: UnsafeRawBufferPointer
    /// The next bit, from the first byte's highest.
    package private(set) var position = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package mutating func bit() throws(VideoHeaderError) -> Bool {
        guard position < bytes.count * 8 else { throw .truncated }
        defer { position += 1 }
        return bytes[position >> 3] >> (7 - UInt8(position & 7)) & 1 == 1
    }

    /// - Parameter count: 0 to 32.
    package mutating func bits(_ count: Int) throws(VideoHeaderError) -> Int {
        var value = 0
        for _ in 0..<count { value = value << 1 | (try bit() ? 1 : 0) }
        return value
    }

    package mutating func skip(_ count: Int) throws(VideoHeaderError) {
        guard count >= 0, count <= bytes.count * 8 - position else { throw .truncated }
        position += count
    }
}

extension HeaderBits {
    /// An unsigned Exp-Golomb code, of at most 32 bits behind its zeros.
    package mutating func golomb() throws(VideoHeaderError) -> Int {
        var zeros = 0
        while try !bit() {
            zeros += 1
            guard zeros <= 32 else { throw .valueOutOfRange }
        }
        return (1 << zeros) - 1 + (try bits(zeros))
    }

    /// A signed Exp-Golomb code: 0, 1, -1, 2, -2, …
    package mutating func signedGolomb() throws(VideoHeaderError) -> Int {
        let value = try golomb()
        return value & 1 == 1 ? (value + 1) / 2 : -(value / 2)
    }
}

extension ByteBuffer {
    /// `withUnsafeReadableBytes` with errors that keep their type.
    package func withReadableBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let result = withUnsafeReadableBytes { bytes -> Result<Value, Failure> in
            do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
