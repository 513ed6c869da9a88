import NIOCore

/// One RTP payload of a JPEG picture (RFC 2435, §3.1).
struct JPEGPayload: Hashable {
    /// What each payload of a picture says alike.
    struct Picture: Hashable {
        /// 0 for 4:2:2, 1 for 4:2:0.
        var sampling: UInt8
        /// 1 to 99 for the tables of appendix A, 128 to 255 for those that are sent along.
        var quality: UInt8
        var size: VideoSize
        /// MCUs between restart markers; nil where there are none.
        var restartInterval: UInt16?
    }

    static let greatestSide = 2_040
    /// Added to a type where there are restart markers.
    static let restartType: UInt8 = 64
    /// Tables that are sent along have a Q from here on.
    static let firstOwnQuality: UInt8 = 128
    /// Its tables may change with each picture.
    static let changingQuality: UInt8 = 255

    var picture: Picture
    /// Where the data lies in the picture's scan.
    var offset: Int
    /// In the first payload of a picture with a Q from 128 on; empty where they came before.
    var tables: [JPEGQuantisationTable]?
    var data: ByteBuffer

    init(parsing payload: ByteBuffer) throws(JPEGPayloadError) {
        var rest = payload
        guard
            let (specificAndOffset, type, quality, width, height) = rest.readMultipleIntegers(
                as: (UInt32, UInt8, UInt8, UInt8, UInt8).self)
        else { throw .truncated }
        guard type & ~Self.restartType <= 1 else { throw .unknownType(type) }
        guard specificAndOffset >> 24 == 0 else { throw .interlaced }
        guard width > 0, height > 0 else { throw .emptyPicture }
        guard (1...99).contains(quality) || quality >= Self.firstOwnQuality else { throw .reservedQuality(quality) }
        offset = Int(specificAndOffset & 0xFF_FFFF)
        picture = Picture(
            sampling: type & 1, quality: quality, size: VideoSize(width: Int(width) * 8, height: Int(height) * 8))
        if type & Self.restartType != 0 { picture.restartInterval = try Self.readRestart(&rest) }
        if quality >= Self.firstOwnQuality, offset == 0 { tables = try Self.readTables(&rest) }
        guard rest.readableBytes > 0 else { throw .truncated }
        data = rest
    }

    /// How a packet's data lies among the restart intervals is not needed by who puts whole pictures together.
    private static func readRestart(_ rest: inout ByteBuffer) throws(JPEGPayloadError) -> UInt16 {
        guard let (interval, _) = rest.readMultipleIntegers(as: (UInt16, UInt16).self) else { throw .truncated }
        guard interval > 0 else { throw .wrongRestartInterval }
        return interval
    }

    private static func readTables(_ rest: inout ByteBuffer) throws(JPEGPayloadError) -> [JPEGQuantisationTable] {
        guard let (_, precision, length) = rest.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self),
            var bytes = rest.readSlice(length: Int(length))
        else { throw .truncated }
        var tables: [JPEGQuantisationTable] = []
        while bytes.readableBytes > 0 {
            // Only luma and chroma have tables here, and the lowest bit of the precision is that of the first.
            guard tables.count < 2,
                let table = bytes.readQuantisationTable(isWide: precision >> UInt8(tables.count) & 1 == 1)
            else { throw .wrongTableLength(Int(length)) }
            tables.append(table)
        }
        return tables
    }

    /// Writes the headers of a payload, with tables in the first of a picture that has its own.
    static func writeHeader(
        of picture: Picture, offset: Int, tables: [JPEGQuantisationTable]?, into payload: inout ByteBuffer
    ) {
        let type = picture.sampling | (picture.restartInterval == nil ? 0 : restartType)
        payload.writeMultipleIntegers(
            UInt32(truncatingIfNeeded: offset) & 0xFF_FFFF, type, picture.quality,
            UInt8(truncatingIfNeeded: (picture.size.width + 7) / 8),
            UInt8(truncatingIfNeeded: (picture.size.height + 7) / 8))
        // First and last, of number 0x3FFF: only the whole picture can be decoded (§3.1.7).
        if let interval = picture.restartInterval { payload.writeMultipleIntegers(interval, UInt16(0xFFFF)) }
        guard let tables, offset == 0 else { return }
        let precision = tables.enumerated().reduce(UInt8(0)) { $0 | ($1.element.isWide ? 1 << UInt8($1.offset) : 0) }
        let length = tables.reduce(0) { $0 + ($1.isWide ? 128 : 64) }
        payload.writeMultipleIntegers(UInt8(0), precision, UInt16(length))
        for table in tables { payload.writeQuantisationTable(table) }
    }
}

extension ByteBuffer {
    mutating func writeQuantisationTable(_ table: JPEGQuantisationTable) {
        for value in table.values {
            if table.isWide { writeInteger(value) } else { writeInteger(UInt8(truncatingIfNeeded: value)) }
        }
    }
}
