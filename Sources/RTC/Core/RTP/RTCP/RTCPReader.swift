import NIOCore

/// Walks through a compound packet. A malformed packet is reported and passed over, as long as its length is right; a
/// header that makes no sense ends the walk with an error.
public struct RTCPReader: Sendable {
    private var rest: ByteBuffer

    public init(_ buffer: ByteBuffer) {
        rest = buffer
    }

    /// The next packet or what is wrong with it; `nil` at the end.
    public mutating func next() -> Result<RTCPPacket, RTCPParseError>? {
        guard rest.readableBytes > 0 else { return nil }
        do throws(RTCPParseError) {
            let (type, count, body) = try readPacket()
            return Result { () throws(RTCPParseError) in try RTCPPacket(type: type, count: count, body: body) }
        } catch {
            rest.clear()
            return .failure(error)
        }
    }

    private mutating func readPacket() throws(RTCPParseError) -> (type: UInt8, count: UInt8, body: ByteBuffer) {
        guard let (first, type, words) = rest.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) else {
            throw .tooShort
        }
        guard first >> 6 == 2 else { throw .unsupportedVersion(first >> 6) }
        guard var body = rest.readSlice(length: 4 * Int(words)) else { throw .lengthBeyondPacket }
        if first & 0x20 != 0 {
            guard let padding: UInt8 = body.getInteger(at: body.writerIndex - 1), padding > 0, padding % 4 == 0,
                let unpadded = body.getSlice(at: body.readerIndex, length: body.readableBytes - Int(padding))
            else { throw .invalidPadding }
            body = unpadded
        }
        return (type, first & 0x1F, body)
    }
}
