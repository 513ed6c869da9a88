import NIOCore

/// A parameter of INIT or INIT ACK (RFC 9260 §3.3.2.1 and §3.3.3.1, and its extensions).
public enum InitParameter: Hashable, Sendable {
    /// The state that COOKIE ECHO gives back.
    case stateCookie(ByteBuffer)
    /// A parameter of the peer's INIT that the sender did not know, whole.
    case unrecognized(ByteBuffer)
    /// Partial reliability (RFC 3758 §3.1).
    case forwardTSNSupported
    /// Chunk types understood beyond RFC 9260 (RFC 5061 §4.2.7).
    case supportedExtensions([UInt8])
    /// The sender accepts packets without a checksum if the lower layer is of this method (RFC 9653); 1 is DTLS.
    case zeroChecksumAcceptable(UInt32)
    /// Known in RFC 9260 and without meaning above DTLS: addresses, address types, cookie lifetime.
    case ignored(type: UInt16, value: ByteBuffer)
    case unknown(type: UInt16, value: ByteBuffer)

    private enum Code {
        static let stateCookie: UInt16 = 7
        static let unrecognized: UInt16 = 8
        static let zeroChecksum: UInt16 = 0x8001
        static let supportedExtensions: UInt16 = 0x8008
        static let forwardTSN: UInt16 = 0xC000
        /// IPv4, IPv6, cookie preservative, host name, supported address types.
        static let ignored: [UInt16] = [5, 6, 9, 11, 12]
    }

    init(type: UInt16, value: ByteBuffer) throws(SCTPParseError) {
        switch type {
        case Code.stateCookie: self = .stateCookie(value)
        case Code.unrecognized: self = .unrecognized(value)
        case Code.forwardTSN where value.readableBytes == 0: self = .forwardTSNSupported
        case Code.supportedExtensions: self = .supportedExtensions(Array(value.readableBytesView))
        case Code.zeroChecksum:
            guard value.readableBytes == 4, let method = value.getInteger(at: value.readerIndex, as: UInt32.self)
            else { throw .parameterTooShort(type: type) }
            self = .zeroChecksumAcceptable(method)
        case _ where Code.ignored.contains(type): self = .ignored(type: type, value: value)
        default: self = .unknown(type: type, value: value)
        }
    }

    func write(into chunk: inout ByteBuffer) {
        switch self {
        case .stateCookie(let cookie): chunk.writeParameter(Code.stateCookie) { $0.writeImmutableBuffer(cookie) }
        case .unrecognized(let whole): chunk.writeParameter(Code.unrecognized) { $0.writeImmutableBuffer(whole) }
        case .forwardTSNSupported: chunk.writeParameter(Code.forwardTSN)
        case .supportedExtensions(let types): chunk.writeParameter(Code.supportedExtensions) { $0.writeBytes(types) }
        case .zeroChecksumAcceptable(let method): chunk.writeParameter(Code.zeroChecksum) { $0.writeInteger(method) }
        case .ignored(let type, let value), .unknown(let type, let value):
            chunk.writeParameter(type) { $0.writeImmutableBuffer(value) }
        }
    }
}
