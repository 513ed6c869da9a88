import NIOCore

/// RTP payloads of JPEG (RFC 2435): types 0, 1, 64 and 65, with quantisation tables by Q and in band. A picture becomes a
/// JFIF file, and all of its packets are needed for it.
public struct JPEGDepacketiser: Sendable {
    /// The headers of a file, with the greatest tables, and its end.
    public static let overhead = 1_024

    /// Tables that came in band, by their Q: from 128 to 254 they count for later pictures too (§3.1.8).
    private var cached: [UInt8: [JPEGQuantisationTable]] = [:]

    public init() {}

    /// Puts a picture together.
    /// - Parameters:
    ///   - payloads: all of one timestamp, in the order of their sequence numbers.
    ///   - data: what the file is written behind.
    /// - Returns: the picture's luma samples: multiples of 8, whatever the sender's picture was.
    public mutating func assemble(
        _ payloads: some Sequence<ByteBuffer>, into data: inout ByteBuffer
    ) throws(JPEGPayloadError) -> VideoSize {
        var picture: JPEGPayload.Picture?
        var length = 0
        for bytes in payloads {
            var payload = try JPEGPayload(parsing: bytes)
            guard payload.offset == length else { throw .missingFragment(at: length) }
            if let picture {
                guard payload.picture == picture else { throw .changedWithinPicture }
            } else {
                data.writeJFIFHeaders(of: payload.picture, tables: try tables(of: payload))
                picture = payload.picture
            }
            length += payload.data.readableBytes
            data.writeBuffer(&payload.data)
        }
        guard let picture else { throw .missingFragment(at: 0) }
        // Senders may leave the end away, or not.
        let end = UInt16(0xFF00) | UInt16(JPEGMarker.end)
        if data.getInteger(at: data.writerIndex - 2, as: UInt16.self) != end { data.writeInteger(end) }
        return picture.size
    }

    private mutating func tables(of first: JPEGPayload) throws(JPEGPayloadError) -> [JPEGQuantisationTable] {
        let quality = first.picture.quality
        guard let sent = first.tables else { return JPEGStandardTables.quantisation(quality: Int(quality)) }
        if !sent.isEmpty {
            if quality != JPEGPayload.changingQuality { cached[quality] = sent }
            return sent
        }
        guard let known = cached[quality] else { throw .missingTables(quality: quality) }
        return known
    }
}
