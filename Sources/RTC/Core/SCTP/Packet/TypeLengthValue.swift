import NIOCore

extension ByteBuffer {
    /// Writes a chunk around what `body` writes: type, flags, length, and zero bytes up to a multiple of four.
    mutating func writeChunk(_ type: ChunkType, flags: UInt8 = 0, body: (inout ByteBuffer) -> Void = { _ in }) {
        let start = writerIndex
        writeMultipleIntegers(type.rawValue, flags, UInt16(0))
        body(&self)
        closeLength(from: start)
    }

    /// Writes a parameter or error cause around what `body` writes, without padding after it.
    mutating func writeParameter(_ type: UInt16, body: (inout ByteBuffer) -> Void = { _ in }) {
        padToFour()
        let start = writerIndex
        writeMultipleIntegers(type, UInt16(0))
        body(&self)
        setInteger(UInt16(truncatingIfNeeded: writerIndex - start), at: start + 2)
    }

    /// Sets the length field of the chunk at `start` and pads. A chunk's own length leaves its padding out.
    private mutating func closeLength(from start: Int) {
        setInteger(UInt16(truncatingIfNeeded: writerIndex - start), at: start + 2)
        padToFour()
    }

    /// Fills up to a multiple of four bytes since the start of the packet; packets are written from index 0.
    mutating func padToFour() {
        let padding = -writerIndex & 3
        if padding > 0 { writeRepeatingByte(0, count: padding) }
    }

    /// Takes the next parameter or error cause with its padding off the front.
    ///
    /// - Returns: `nil` when nothing is left.
    mutating func readParameter() throws(SCTPParseError) -> (type: UInt16, value: ByteBuffer)? {
        if readableBytes == 0 { return nil }
        guard let (type, length) = readMultipleIntegers(as: (UInt16, UInt16).self) else { throw .strayBytes }
        guard length >= 4 else { throw .parameterTooShort(type: type) }
        guard let value = readSlice(length: Int(length) - 4) else { throw .parameterBeyondChunk(type: type) }
        moveReaderIndex(forwardBy: min(-Int(length) & 3, readableBytes))
        return (type, value)
    }
}
