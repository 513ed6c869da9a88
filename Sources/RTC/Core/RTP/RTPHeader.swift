/// The header of an RTP packet (RFC 3550 §5.1) and where its parts lie. A plain value: parsing allocates nothing.
public struct RTPHeader: Hashable, Sendable {
    @inlinable
    public static var fixedLength: Int { 12 }

    public var marker: Bool
    /// 0–127.
    public var payloadType: UInt8
    public var sequenceNumber: UInt16
    /// In units of the codec's clock rate.
    public var timestamp: UInt32
    public var ssrc: UInt32
    /// 0–15.
    public internal(set) var csrcCount: UInt8
    /// Whether the X bit is set.
    public internal(set) var hasExtension: Bool
    /// The "defined by profile" field of the extension: 0xBEDE one-byte, 0x1000–0x100F two-byte elements (RFC 8285).
    public internal(set) var extensionProfile: UInt16
    /// The length of the extension's elements in bytes.
    public internal(set) var extensionLength: Int
    /// The length of the padding at the end in bytes, its count byte included; 0 without the P bit.
    public internal(set) var paddingLength: UInt8

    /// - Parameters:
    ///   - csrcCount: at most 15 are counted.
    ///   - extensionLength: a multiple of 4, at most 262,140; without an extension `nil`.
    init(
        marker: Bool, payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32, csrcCount: UInt8 = 0,
        extensionProfile: UInt16 = 0, extensionLength: Int? = nil, paddingLength: UInt8 = 0
    ) {
        self.marker = marker
        self.payloadType = payloadType & 0x7F
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.csrcCount = min(csrcCount, 15)
        hasExtension = extensionLength != nil
        self.extensionProfile = extensionProfile
        self.extensionLength = extensionLength ?? 0
        self.paddingLength = paddingLength
    }

    /// Where the extension's elements begin, in bytes from the packet's start.
    @inlinable
    public var extensionOffset: Int { Self.fixedLength + 4 * Int(csrcCount) + (hasExtension ? 4 : 0) }

    /// The length of everything before the payload, in bytes.
    @inlinable
    public var length: Int { extensionOffset + extensionLength }

    /// Where the extension's elements lie in the packet.
    var extensionRange: Range<Int> { extensionOffset..<extensionOffset + extensionLength }

    /// Bytes of the packet that are not its payload.
    var overhead: Int { length + Int(paddingLength) }

    /// Parses the header at the start of a whole packet and checks that its parts, the padding included, lie within.
    ///
    /// - Parameter span: the plain packet.
    @inline(__always)
    public init(parsing span: RawSpan) throws(RTPParseError) {
        let count = span.byteCount
        guard count >= Self.fixedLength else { throw .tooShort }
        let first = span.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        guard first >> 6 == 2 else { throw .unsupportedVersion(first >> 6) }
        let second = span.unsafeLoad(fromByteOffset: 1, as: UInt8.self)
        marker = second & 0x80 != 0
        payloadType = second & 0x7F
        sequenceNumber = UInt16(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self))
        timestamp = UInt32(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self))
        ssrc = UInt32(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self))
        csrcCount = first & 0x0F
        hasExtension = first & 0x10 != 0
        extensionProfile = 0
        extensionLength = 0
        paddingLength = 0
        if hasExtension {
            let offset = Self.fixedLength &+ 4 &* Int(csrcCount)
            guard offset &+ 4 <= count else { throw .headerBeyondPacket }
            extensionProfile = UInt16(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
            let words = UInt16(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: offset &+ 2, as: UInt16.self))
            extensionLength = 4 &* Int(words)
        }
        let length = self.length
        guard length <= count else { throw .headerBeyondPacket }
        if first & 0x20 != 0 {
            let padding = span.unsafeLoad(fromByteOffset: count &- 1, as: UInt8.self)
            guard padding > 0, Int(padding) <= count &- length else { throw .invalidPadding }
            paddingLength = padding
        }
    }

    /// Writes the first 12 bytes of a packet over `bytes`.
    func storeFixedPart(to bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count >= Self.fixedLength else { return }
        let padding: UInt8 = paddingLength > 0 ? 0x20 : 0
        let extended: UInt8 = hasExtension ? 0x10 : 0
        bytes.storeBytes(of: 0x80 | padding | extended | csrcCount, toByteOffset: 0, as: UInt8.self)
        bytes.storeBytes(of: (marker ? 0x80 : 0) | payloadType & 0x7F, toByteOffset: 1, as: UInt8.self)
        bytes.storeBytes(of: sequenceNumber.bigEndian, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(of: timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
        bytes.storeBytes(of: ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
    }
}
