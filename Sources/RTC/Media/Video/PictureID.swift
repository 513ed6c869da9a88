import NIOCore

/// The number of a picture as the sender writes it.
public struct PictureID: Hashable, Sendable {
    public var value: UInt16
    /// 7 or 15; senders may change between the two.
    public var bits: UInt8

    public init(_ value: UInt16, bits: UInt8) {
        self.value = value
        self.bits = bits
    }

    /// How far it lies ahead of another one, the shorter way around.
    func distance(from other: PictureID) -> Int64 {
        let unused = 16 - Int16(min(bits, other.bits))
        return Int64((Int16(bitPattern: value &- other.value) &<< unused) &>> unused)
    }
}

extension PictureID {
    /// Reads one of 7 or 15 bits, as VP8 and VP9 write it.
    init(reading buffer: inout ByteBuffer) throws(VideoPayloadError) {
        guard let first = buffer.readInteger(as: UInt8.self) else { throw .truncated(.pictureID) }
        guard first & 0x80 != 0 else {
            self.init(UInt16(first), bits: 7)
            return
        }
        guard let second = buffer.readInteger(as: UInt8.self) else { throw .truncated(.pictureID) }
        self.init(UInt16(first & 0x7F) << 8 | UInt16(second), bits: 15)
    }
}
