import NIOCore

/// Keeps the numbers inside VP8's payloads in a row where the stream goes over to another source or leaves pictures out:
/// picture id, TL0PICIDX and KEYIDX (RFC 7741 §4.2).
struct VP8Rewriter {
    private var pictures: Renumbering?
    private var unwrapper = Unwrapper(bits: 15)
    /// What was sent last.
    private var lastPicture: Int64 = 0
    private var lastBase: UInt8 = 0
    private var lastKey: UInt8 = 0
    /// What is added to the source's.
    private var baseOffset: UInt8 = 0
    private var keyOffset: UInt8 = 0

    /// The next packet is of another source, or comes after a pause.
    mutating func interrupt() { pictures = nil }

    /// - Returns: `nil` for a packet of a picture from before the stream went over to its source.
    mutating func rewrite(_ payload: ByteBuffer, _ descriptor: VP8Descriptor) -> ByteBuffer? {
        if pictures == nil { begin(with: descriptor) }
        var payload = payload
        let start = payload.readerIndex
        if let id = descriptor.pictureID {
            guard let place = pictures?.take(unwrapper.unwrap(Int64(id.value))) else { return nil }
            lastPicture = max(lastPicture, place)
            if id.isLong {
                payload.setInteger(UInt16(truncatingIfNeeded: place) | 0x8000, at: start + id.offset)
            } else {
                payload.setInteger(UInt8(truncatingIfNeeded: place) & 0x7F, at: start + id.offset)
            }
        }
        if let base = descriptor.tl0PictureIndex {
            let value = base.value &+ baseOffset
            if Int8(bitPattern: value &- lastBase) > 0 { lastBase = value }
            payload.setInteger(value, at: start + base.offset)
        }
        if let key = descriptor.keyIndex, let byte: UInt8 = payload.getInteger(at: start + key.offset) {
            lastKey = (key.value &+ keyOffset) & 0x1F
            payload.setInteger(byte & 0xE0 | lastKey, at: start + key.offset)
        }
        return payload
    }

    /// A packet of a picture that is left out.
    mutating func leaveOut(_ descriptor: VP8Descriptor) {
        guard let id = descriptor.pictureID, pictures != nil else { return }
        _ = pictures?.leaveOut(unwrapper.unwrap(Int64(id.value)))
    }

    private mutating func begin(with descriptor: VP8Descriptor) {
        unwrapper = Unwrapper(bits: descriptor.pictureID?.isLong == false ? 7 : 15)
        let first = descriptor.pictureID.map { unwrapper.unwrap(Int64($0.value)) } ?? 0
        pictures = Renumbering(first: first, at: lastPicture &+ 1)
        if let base = descriptor.tl0PictureIndex { baseOffset = lastBase &+ 1 &- base.value }
        if let key = descriptor.keyIndex { keyOffset = lastKey &+ 1 &- key.value }
    }
}
