/// What stands in a VP8 frame before its compressed part (RFC 6386 §9.1).
package struct VP8FrameHeader: Hashable {
    /// Of key frames alone: others have their key frame's size.
    package var size: VideoSize?
    /// Whether a picture comes of it.
    package var isShown: Bool
    /// Bytes of the first partition.
    package var firstPartitionSize: Int
    /// Whether that is more than there is.
    package var isCut: Bool

    package var isKeyFrame: Bool { size != nil }

    package init(parsing bytes: UnsafeRawBufferPointer) throws(VideoHeaderError) {
        guard bytes.count >= 3 else { throw .truncated }
        let tag = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
        guard tag >> 1 & 7 <= 3 else { throw .valueOutOfRange }
        isShown = tag >> 4 & 1 == 1
        firstPartitionSize = tag >> 5
        let start = tag & 1 == 0 ? 10 : 3
        guard bytes.count >= start else { throw .truncated }
        isCut = firstPartitionSize > bytes.count - start
        guard start == 10 else { return }
        guard bytes[3] == 0x9D, bytes[4] == 0x01, bytes[5] == 0x2A else { throw .wrongMarker }
        // The upper two bits ask the player to scale, which nobody does.
        let width = Int(bytes[6]) | Int(bytes[7] & 0x3F) << 8
        let height = Int(bytes[8]) | Int(bytes[9] & 0x3F) << 8
        guard width > 0, height > 0 else { throw .emptyPicture }
        size = VideoSize(width: width, height: height)
    }
}
