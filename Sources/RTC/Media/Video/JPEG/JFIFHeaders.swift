import NIOCore

extension ByteBuffer {
    /// Writes all that stands before the scan of a picture from RTP (RFC 2435, appendix B).
    mutating func writeJFIFHeaders(of picture: JPEGPayload.Picture, tables: [JPEGQuantisationTable]) {
        writeInteger(UInt16(0xFF00) | UInt16(JPEGMarker.start))
        // That the colours are luma and chroma of full range; version 1.1, square samples, no thumbnail.
        writeSegment(JPEGMarker.jfif) { segment in
            segment.writeBytes(Array("JFIF".utf8) + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0])
        }
        for (number, table) in tables.enumerated() {
            writeSegment(JPEGMarker.quantisationTables) { segment in
                segment.writeInteger(UInt8(number) | (table.isWide ? 0x10 : 0))
                segment.writeQuantisationTable(table)
            }
        }
        if let interval = picture.restartInterval {
            writeSegment(JPEGMarker.restartInterval) { $0.writeInteger(interval) }
        }
        writeFrame(of: picture, tables: tables)
        writeStandardCodes()
        // Three components, with the tables of luma and chroma; all coefficients at once.
        writeSegment(JPEGMarker.scan) { $0.writeBytes([3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]) }
    }

    private mutating func writeFrame(of picture: JPEGPayload.Picture, tables: [JPEGQuantisationTable]) {
        // Baseline has no tables of 16 bits.
        let marker = tables.contains { $0.isWide } ? JPEGMarker.extended : JPEGMarker.baseline
        let chroma = UInt8(tables.count > 1 ? 1 : 0)
        writeSegment(marker) { segment in
            segment.writeMultipleIntegers(
                UInt8(8), UInt16(truncatingIfNeeded: picture.size.height),
                UInt16(truncatingIfNeeded: picture.size.width))
            segment.writeBytes([3, 1, picture.sampling == 0 ? 0x21 : 0x22, 0, 2, 0x11, chroma, 3, 0x11, chroma])
        }
    }

    private mutating func writeStandardCodes() {
        let tables: [(UInt8, JPEGHuffmanTable)] = [
            (0x00, JPEGStandardTables.lumaDirect), (0x10, JPEGStandardTables.lumaAlternating),
            (0x01, JPEGStandardTables.chromaDirect), (0x11, JPEGStandardTables.chromaAlternating),
        ]
        for (number, table) in tables {
            writeSegment(JPEGMarker.huffmanTables) { segment in
                segment.writeInteger(number)
                segment.writeBytes(table.counts)
                segment.writeBytes(table.values)
            }
        }
    }

    /// Writes a marker, the length and what `body` writes.
    private mutating func writeSegment(_ marker: UInt8, _ body: (inout ByteBuffer) -> Void) {
        writeInteger(UInt16(0xFF00) | UInt16(marker))
        let start = writerIndex
        writeInteger(UInt16(0))
        body(&self)
        setInteger(UInt16(truncatingIfNeeded: writerIndex - start), at: start)
    }
}
