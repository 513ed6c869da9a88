import NIOCore

/// Writes the packets of a compound one after the other and fills in their lengths.
struct RTCPWriter {
    var buffer: ByteBuffer

    /// One packet; `body` must write a multiple of four bytes.
    mutating func packet(type: UInt8, count: UInt8, _ body: (inout ByteBuffer) -> Void) {
        let start = buffer.writerIndex
        buffer.writeMultipleIntegers(0x80 | count & 0x1F, type, UInt16(0))
        body(&buffer)
        let words = (buffer.writerIndex - start) / 4 - 1
        buffer.setInteger(UInt16(truncatingIfNeeded: words), at: start + 2)
    }

    /// A feedback packet (RFC 4585 §6.1).
    mutating func feedback(
        type: UInt8, format: UInt8, _ sender: UInt32, _ media: UInt32, _ control: (inout ByteBuffer) -> Void
    ) {
        packet(type: type, count: format) { buffer in
            buffer.writeMultipleIntegers(sender, media)
            control(&buffer)
        }
    }
}
