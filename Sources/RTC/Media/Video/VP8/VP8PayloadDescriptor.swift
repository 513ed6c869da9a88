import NIOCore

/// The descriptor before the bytes of a VP8 payload (RFC 7741 §4.2).
public struct VP8PayloadDescriptor: Hashable, Sendable {
    /// Nothing refers to the frame (N).
    public var isNonReference: Bool
    /// A partition begins with the payload (S).
    public var startsPartition: Bool
    /// The partition that the payload begins with (PID).
    public var partition: UInt8
    public var pictureID: PictureID?
    /// The number of the base layer's frame (TL0PICIDX).
    public var baseIndex: UInt8?
    /// The temporal layer and whether it refers to the base layer only (TID, Y).
    public var temporalLayer: UInt8?
    public var refersToBaseOnly: Bool
    /// The number of the last key frame, 0–31 (KEYIDX).
    public var keyIndex: UInt8?
    /// Bytes of the descriptor itself.
    public var length = 0

    /// - Parameter payload: all readable bytes.
    public init(parsing payload: ByteBuffer) throws(VideoPayloadError) {
        var reader = payload
        guard let first = reader.readInteger(as: UInt8.self) else { throw .truncated(.descriptor) }
        isNonReference = first & 0x20 != 0
        startsPartition = first & 0x10 != 0
        // Three bits; what was the fourth is reserved.
        partition = first & 0x07
        refersToBaseOnly = false
        if first & 0x80 != 0 { try readExtensions(&reader) }
        length = payload.readableBytes - reader.readableBytes
    }

    private mutating func readExtensions(_ reader: inout ByteBuffer) throws(VideoPayloadError) {
        guard let flags = reader.readInteger(as: UInt8.self) else { throw .truncated(.descriptor) }
        if flags & 0x80 != 0 { pictureID = try PictureID(reading: &reader) }
        if flags & 0x40 != 0 {
            guard let index = reader.readInteger(as: UInt8.self) else { throw .truncated(.layerIndex) }
            baseIndex = index
        }
        guard flags & 0x30 != 0 else { return }
        guard let layers = reader.readInteger(as: UInt8.self) else { throw .truncated(.layerIndex) }
        if flags & 0x20 != 0 {
            temporalLayer = layers >> 6
            refersToBaseOnly = layers & 0x20 != 0
        }
        if flags & 0x10 != 0 { keyIndex = layers & 0x1F }
    }
}
