/// A text of lines as chunks of UTF-8 that know their counts: an edit costs what it changes, a chunk at each end of it and
/// a look along the counts, never the whole text. A copy shares every chunk that is not changed after.
///
/// Line ends become `\n` on the way in. Equality is by bytes.
public struct SourceText: Sendable {
    /// What a piece of text holds.
    struct Counts: Sendable, Hashable {
        var bytes = 0
        var lineEnds = 0
        /// UTF-16 code units.
        var units = 0

        static func += (left: inout Counts, right: Counts) {
            left.bytes += right.bytes
            left.lineEnds += right.lineEnds
            left.units += right.units
        }

        static func -= (left: inout Counts, right: Counts) {
            left.bytes -= right.bytes
            left.lineEnds -= right.lineEnds
            left.units -= right.units
        }
    }

    struct Chunk: Sendable {
        /// Whole Unicode scalars, with `\n` for every line end.
        let bytes: [UInt8]
        let counts: Counts

        init(_ bytes: [UInt8]) {
            var counts = Counts(bytes: bytes.count)
            bytes.withUnsafeBufferPointer { bytes in
                for byte in bytes {
                    counts.units += UTF8Bytes.units(startedBy: byte)
                    if byte == UTF8Bytes.lineEnd { counts.lineEnds += 1 }
                }
            }
            self.bytes = bytes
            self.counts = counts
        }
    }

    /// A place between two scalars, or at either end. The end of a chunk and the start of the next are the same place.
    struct Place: Sendable, Hashable {
        var chunk: Int
        /// In bytes.
        var offset: Int
    }

    /// Bytes of a chunk: at most `largest`, and at least `smallest` where there is more than one. `usual` in a new text.
    static let largest = 4096
    static let usual = 3072
    static let smallest = 1024

    /// Never empty.
    private(set) var chunks: [Chunk]
    private(set) var counts: Counts

    public init(_ text: String = "") {
        chunks = Self.chunks(of: UTF8Bytes.normalised(text)[...])
        counts = Self.sum(chunks[...])
    }

    /// Of the text in UTF-8, line ends included.
    public var byteCount: Int { counts.bytes }
    /// At least one, and one more than there are line ends.
    public var lineCount: Int { counts.lineEnds + 1 }

    /// The whole text. Costs its length.
    public var string: String {
        if chunks.count == 1 { return String(decoding: chunks[0].bytes, as: UTF8.self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(counts.bytes)
        for chunk in chunks { bytes += chunk.bytes }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Changing

    /// Puts normalised bytes in place of what is between two places.
    /// - Parameter end: not before `start`.
    mutating func replace(from start: Place, to end: Place, with inserted: [UInt8]) {
        var (first, last) = (start.chunk, end.chunk)
        var bytes = Array(chunks[first].bytes[..<start.offset])
        bytes += inserted
        bytes += chunks[last].bytes[end.offset...]
        // Many small deletions are not to leave many small chunks.
        if bytes.count < Self.smallest {
            if last + 1 < chunks.count {
                last += 1
                bytes += chunks[last].bytes
            } else if first > 0 {
                first -= 1
                bytes = chunks[first].bytes + bytes
            }
        }
        let made = Self.chunks(of: bytes[...])
        counts -= Self.sum(chunks[first...last])
        counts += Self.sum(made[...])
        chunks.replaceSubrange(first...last, with: made)
    }

    /// Parts bytes into chunks of about the same size, between scalars.
    private static func chunks(of bytes: ArraySlice<UInt8>) -> [Chunk] {
        guard bytes.count > largest else { return [Chunk(Array(bytes))] }
        var made: [Chunk] = []
        var rest = bytes
        for left in stride(from: (bytes.count + usual - 1) / usual, to: 1, by: -1) {
            var end = rest.startIndex + rest.count / left
            while UTF8Bytes.isContinuation(rest[end]) { end -= 1 }
            made.append(Chunk(Array(rest[..<end])))
            rest = rest[end...]
        }
        made.append(Chunk(Array(rest)))
        return made
    }

    private static func sum(_ chunks: ArraySlice<Chunk>) -> Counts {
        chunks.reduce(into: Counts()) { $0 += $1.counts }
    }
}

/// Bytes of UTF-8 that is known to be whole.
enum UTF8Bytes {
    static let lineEnd = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    @inline(__always)
    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// UTF-16 code units of the scalar that begins with the byte; none for the bytes that go on with one.
    @inline(__always)
    static func units(startedBy byte: UInt8) -> Int { byte >= 0xF0 ? 2 : isContinuation(byte) ? 0 : 1 }

    /// The text's bytes with `\n` for each `\n`, `\r\n` and `\r`.
    static func normalised(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.contains(carriageReturn) else { return Array(bytes) }
            return Array(unsafeUninitializedCapacity: bytes.count) { target, count in
                var afterReturn = false
                for byte in bytes {
                    let isReturn = byte == carriageReturn
                    if !(afterReturn && byte == lineEnd) {
                        target[count] = isReturn ? lineEnd : byte
                        count += 1
                    }
                    afterReturn = isReturn
                }
            }
        }
    }

    static func lineEnds(in bytes: ArraySlice<UInt8>) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var count = 0
            for byte in bytes where byte == lineEnd { count += 1 }
            return count
        }
    }
}
