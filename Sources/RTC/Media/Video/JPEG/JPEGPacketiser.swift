import NIOCore

/// Makes RTP payloads of JPEG files (RFC 2435).
///
/// A side that is no multiple of 8 is told as the next one: receivers then see up to seven rows or columns more, of what
/// the encoder had beside the picture.
public enum JPEGPacketiser {
    /// The payloads of one picture, in their order; the last is to be sent with the marker bit, and all with one
    /// timestamp.
    ///
    /// Tables of appendix A are told by their Q, others are sent with each picture (Q 255).
    /// - Parameters:
    ///   - file: a baseline file, 4:2:0 or 4:2:2, with the standard's codes.
    ///   - mostBytes: of a payload, its headers included.
    public static func payloads(of file: ByteBuffer, mostBytes: Int) throws(JPEGPacketisingError) -> [ByteBuffer] {
        let header: JPEGFile
        do throws(JPEGFileError) { header = try JPEGFile(parsing: file) } catch { throw .malformed(error) }
        let (picture, tables) = try checked(header)
        let quality = JPEGStandardTables.quality(of: tables).map { UInt8($0) }
        var described = picture
        described.quality = quality ?? JPEGPayload.changingQuality
        guard var scan = file.getSlice(at: file.readerIndex + header.scan.lowerBound, length: header.scan.count) else {
            throw .truncated
        }
        return try split(&scan, of: described, tables: quality == nil ? tables : nil, mostBytes: mostBytes)
    }

    private static func split(
        _ scan: inout ByteBuffer, of picture: JPEGPayload.Picture, tables: [JPEGQuantisationTable]?, mostBytes: Int
    ) throws(JPEGPacketisingError) -> [ByteBuffer] {
        var payloads: [ByteBuffer] = []
        var offset = 0
        while scan.readableBytes > 0 {
            var payload = ByteBufferAllocator().buffer(capacity: mostBytes)
            JPEGPayload.writeHeader(of: picture, offset: offset, tables: tables, into: &payload)
            let room = min(mostBytes - payload.readableBytes, scan.readableBytes)
            guard room > 0, var part = scan.readSlice(length: room) else { throw .noRoom }
            payload.writeBuffer(&part)
            payloads.append(payload)
            offset += room
        }
        return payloads
    }

    /// What RFC 2435 can say of a file; that it says nothing wrong.
    private static func checked(
        _ file: JPEGFile
    ) throws(JPEGPacketisingError) -> (JPEGPayload.Picture, [JPEGQuantisationTable]) {
        guard file.coding == .baseline || file.coding == .extended, file.scanComponents == file.components.count else {
            throw .otherCoding
        }
        guard file.precision == 8 else { throw .precision(file.precision) }
        guard max(file.size.width, file.size.height) <= JPEGPayload.greatestSide else { throw .tooGreat(file.size) }
        let sampling = try sampling(of: file)
        try checkCodes(of: file)
        // Offsets have 24 bits.
        guard file.markerBehindScan == JPEGMarker.end, !file.scan.isEmpty, file.scan.count < 1 << 24 else {
            throw .truncated
        }
        let interval = file.restartInterval == 0 ? nil : UInt16(truncatingIfNeeded: file.restartInterval)
        let picture = JPEGPayload.Picture(
            sampling: sampling, quality: 0, size: file.size, restartInterval: interval)
        return (picture, try tables(of: file))
    }

    private static func sampling(of file: JPEGFile) throws(JPEGPacketisingError) -> UInt8 {
        guard file.components.count == 3, file.adobeTransform != 0 else { throw .sampling }
        let factors = file.components.map { [$0.horizontal, $0.vertical] }
        guard factors[1] == [1, 1], factors[2] == [1, 1] else { throw .sampling }
        switch factors[0] {
        case [2, 1]: return 0
        case [2, 2]: return 1
        default: throw .sampling
        }
    }

    /// Files without tables of codes (as in films of JPEG) mean the standard's.
    private static func checkCodes(of file: JPEGFile) throws(JPEGPacketisingError) {
        for (index, component) in file.components.enumerated() {
            let direct = index == 0 ? JPEGStandardTables.lumaDirect : JPEGStandardTables.chromaDirect
            let alternating = index == 0 ? JPEGStandardTables.lumaAlternating : JPEGStandardTables.chromaAlternating
            guard file.directCodes[component.directCodes] ?? direct == direct,
                file.alternatingCodes[component.alternatingCodes] ?? alternating == alternating
            else { throw .ownCodes }
        }
    }

    private static func tables(of file: JPEGFile) throws(JPEGPacketisingError) -> [JPEGQuantisationTable] {
        let numbers = file.components.map(\.quantisation)
        guard let luma = file.quantisation[numbers[0]], let chroma = file.quantisation[numbers[1]],
            file.quantisation[numbers[2]] == chroma
        else { throw .quantisation }
        return [luma, chroma]
    }
}
