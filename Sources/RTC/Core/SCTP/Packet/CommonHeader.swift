import NIOCore

/// The 12 bytes at the head of every SCTP packet (RFC 9260 §3.1), without the checksum.
public struct CommonHeader: Hashable, Sendable {
    /// Length on the wire, in bytes.
    public static let length = 12

    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// The tag that the receiver of the packet chose; 0 with INIT alone.
    public var verificationTag: UInt32

    public init(sourcePort: UInt16, destinationPort: UInt16, verificationTag: UInt32) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.verificationTag = verificationTag
    }

    /// Takes the header off the front of a packet, whose checksum is verified.
    init(parsing packet: inout ByteBuffer) throws(SCTPParseError) {
        guard packet.readableBytes >= 16 else { throw .packetTooShort }
        let checksum = packet.withUnsafeReadableBytes { CRC32C.checksum(ofPacket: $0) }
        guard let (source, destination, tag) = packet.readMultipleIntegers(as: (UInt16, UInt16, UInt32).self),
            let field = packet.readInteger(endianness: .little, as: UInt32.self)
        else { throw .packetTooShort }
        guard checksum == field else { throw .checksumMismatch }
        self.init(sourcePort: source, destinationPort: destination, verificationTag: tag)
    }

    /// Writes the header with a checksum of zero, to which `seal` then gives its value.
    func write(into packet: inout ByteBuffer) {
        packet.writeMultipleIntegers(sourcePort, destinationPort, verificationTag, UInt32(0))
    }

    /// Fills in the checksum of a packet that is complete and starts at index 0.
    static func seal(_ packet: inout ByteBuffer) {
        guard let checksum = packet.withUnsafeReadableBytes({ CRC32C.checksum(ofPacket: $0) }) else { return }
        packet.setInteger(checksum, at: packet.readerIndex + 8, endianness: .little)
    }
}
