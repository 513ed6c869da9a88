import NIOCore

/// The payload descriptor of a VP8 packet, and where its numbers stand (RFC 7741 §4.2).
struct VP8Descriptor: Equatable {
    /// 15 bits, or 7.
    var pictureID: (value: UInt16, isLong: Bool, offset: Int)?
    var tl0PictureIndex: (value: UInt8, offset: Int)?
    var temporal: UInt8 = 0
    /// Y: the picture depends on the base layer alone, so that one may go over to its layer with it.
    var isLayerSync = false
    var keyIndex: (value: UInt8, offset: Int)?
    /// S, of the first partition.
    var beginsPicture = false
    /// It begins a picture that needs no other (RFC 6386 §9.1).
    var beginsKeyFrame = false

    /// - Returns: `nil` for a payload that ends within its descriptor.
    init?(parsing payload: ByteBuffer) {
        var reader = payload
        let start = payload.readerIndex
        guard let first: UInt8 = reader.readInteger() else { return nil }
        if first & 0x80 != 0 {
            guard let bits: UInt8 = reader.readInteger() else { return nil }
            if bits & 0x80 != 0 {
                let offset = reader.readerIndex - start
                guard let high: UInt8 = reader.readInteger() else { return nil }
                if high & 0x80 != 0 {
                    guard let low: UInt8 = reader.readInteger() else { return nil }
                    pictureID = (UInt16(high & 0x7F) << 8 | UInt16(low), true, offset)
                } else {
                    pictureID = (UInt16(high), false, offset)
                }
            }
            if bits & 0x40 != 0 {
                let offset = reader.readerIndex - start
                guard let index: UInt8 = reader.readInteger() else { return nil }
                tl0PictureIndex = (index, offset)
            }
            if bits & 0x30 != 0 {
                let offset = reader.readerIndex - start
                guard let byte: UInt8 = reader.readInteger() else { return nil }
                if bits & 0x20 != 0 {
                    temporal = byte >> 6
                    isLayerSync = byte & 0x20 != 0
                }
                if bits & 0x10 != 0 { keyIndex = (byte & 0x1F, offset) }
            }
        }
        guard let header: UInt8 = reader.readInteger() else { return nil }
        beginsPicture = first & 0x17 == 0x10
        beginsKeyFrame = beginsPicture && header & 1 == 0
    }

    static func == (left: VP8Descriptor, right: VP8Descriptor) -> Bool {
        left.pictureID?.value == right.pictureID?.value && left.pictureID?.isLong == right.pictureID?.isLong
            && left.tl0PictureIndex?.value == right.tl0PictureIndex?.value && left.temporal == right.temporal
            && left.isLayerSync == right.isLayerSync && left.keyIndex?.value == right.keyIndex?.value
            && left.beginsPicture == right.beginsPicture && left.beginsKeyFrame == right.beginsKeyFrame
    }
}
