import NIOCore

/// An RTP packet (RFC 3550 §5.1): the parsed header beside the bytes that it came in.
///
/// Payload and extensions are slices of those bytes, so parsing copies and allocates nothing. Fields of `header` may be
/// changed (an SFU rewrites SSRC, sequence number, timestamp and payload type); `serialize` writes the changed ones.
public struct RTPPacket: Sendable {
    public var header: RTPHeader
    /// The whole packet as received or built; its first 12 bytes are not kept in step with `header`.
    @usableFromInline let contents: ByteBuffer

    /// Parses a plain packet: all readable bytes of the buffer.
    public init(parsing buffer: ByteBuffer) throws(RTPParseError) {
        header = try RTPHeader(parsing: buffer.readableBytesSpan)
        contents = buffer
    }

    /// Builds a packet.
    ///
    /// - Parameters:
    ///   - csrcs: at most 15 are written.
    ///   - extensions: in the one-byte form where they fit it.
    ///   - paddingLength: bytes of padding, the count byte included; 0 for none.
    public init(
        payloadType: UInt8, marker: Bool = false, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32,
        csrcs: [UInt32] = [], extensions: [RTPExtensionElement] = [], payload: ByteBuffer, paddingLength: UInt8 = 0
    ) {
        let block = RTPExtensionBlock(extensions)
        let csrcs = csrcs.prefix(15)
        header = RTPHeader(
            marker: marker, payloadType: payloadType, sequenceNumber: sequenceNumber, timestamp: timestamp, ssrc: ssrc,
            csrcCount: UInt8(truncatingIfNeeded: csrcs.count), extensionProfile: block?.profile ?? 0,
            extensionLength: block?.bytes.count, paddingLength: paddingLength)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(header.length + payload.readableBytes + Int(paddingLength))
        buffer.writeRepeatingByte(0, count: RTPHeader.fixedLength)
        for csrc in csrcs { buffer.writeInteger(csrc) }
        if let block {
            buffer.writeInteger(block.profile)
            buffer.writeInteger(UInt16(truncatingIfNeeded: block.bytes.count / 4))
            buffer.writeBytes(block.bytes)
        }
        buffer.writeImmutableBuffer(payload)
        if paddingLength > 0 {
            buffer.writeRepeatingByte(0, count: Int(paddingLength) - 1)
            buffer.writeInteger(paddingLength)
        }
        contents = buffer
    }

    /// The same header, contributing sources and extensions over another payload, without padding.
    func replacingPayload(_ payload: ByteBuffer) -> RTPPacket {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(self.header.length + payload.readableBytes)
        contents.withUnsafeReadableBytes { bytes in
            _ = buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes.prefix(self.header.length)))
        }
        buffer.writeImmutableBuffer(payload)
        var header = self.header
        header.paddingLength = 0
        return RTPPacket(header: header, contents: buffer)
    }

    /// - Parameter contents: the packet that the header was parsed from.
    init(header: RTPHeader, contents: ByteBuffer) {
        self.header = header
        self.contents = contents
    }

    /// The length of the whole packet in bytes.
    public var length: Int { contents.readableBytes }

    /// The length of the payload in bytes, without padding.
    @inlinable
    public var payloadLength: Int { contents.readableBytes - header.length - Int(header.paddingLength) }

    /// The payload without padding; shares the packet's storage.
    public var payload: ByteBuffer {
        contents.getSlice(at: contents.readerIndex + header.length, length: payloadLength) ?? ByteBuffer()
    }

    /// The payload without padding, in the packet's own storage, which no other copy of it then shares.
    @inlinable
    public consuming func takePayload() -> ByteBuffer {
        let (start, length) = (header.length, payloadLength)
        // The packet ends here, so this is no copy.
        var bytes = contents
        guard length >= 0, start + length <= bytes.readableBytes else { return ByteBuffer() }
        bytes.moveReaderIndex(forwardBy: start)
        bytes.moveWriterIndex(to: bytes.readerIndex + length)
        return bytes
    }

    /// Contributing sources, usually none.
    public var csrcs: [UInt32] {
        (0..<Int(header.csrcCount)).compactMap {
            contents.getInteger(at: contents.readerIndex + RTPHeader.fixedLength + 4 * $0)
        }
    }

    /// Appends the packet.
    ///
    /// - Parameter reserving: bytes of room to keep behind it for what SRTP adds (at most 16 for the tag).
    public func serialize(into buffer: inout ByteBuffer, reserving: Int = 16) {
        let room = contents.readableBytes + max(0, reserving)
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            contents.withUnsafeReadableBytes { target.copyMemory(from: $0) }
            header.storeFixedPart(to: target)
            return contents.readableBytes
        }
    }
}

// MARK: - Header extensions

extension RTPPacket {
    /// The data of the first element with that id; shares the packet's storage.
    public func headerExtension(_ id: UInt8) -> ByteBuffer? {
        withHeaderExtension(id) { bytes, range in
            contents.getSlice(at: contents.readerIndex + range.lowerBound, length: range.count)
        } ?? nil
    }

    /// All elements, in order, copied.
    public var headerExtensions: [RTPExtensionElement] {
        var elements: [RTPExtensionElement] = []
        contents.withUnsafeReadableBytes { bytes in
            RTPExtensionScanner.forEach(in: bytes, range: header.extensionRange, profile: header.extensionProfile) {
                id, range in
                elements.append(RTPExtensionElement(id: id, data: Array(bytes[range])))
                return true
            }
        }
        return elements
    }

    /// A UTF-8 element, such as the section's name of `sdes:mid` (RFC 9143 §15); `nil` also without an id.
    public func text(extension id: UInt8?) -> String? {
        guard let id else { return nil }
        return withHeaderExtension(id) { bytes, range in String(decoding: bytes[range], as: UTF8.self) }
    }

    /// The bytes of an element, copied.
    func bytes(extension id: UInt8) -> [UInt8]? {
        withHeaderExtension(id) { bytes, range in Array(bytes[range]) }
    }

    /// Whether an element has just these bytes; `nil` where it is not there.
    func isExtension(_ id: UInt8, equalTo expected: [UInt8]) -> Bool? {
        Self.isExtension(id, equalTo: expected, in: contents, header)
    }

    static func isExtension(
        _ id: UInt8, equalTo expected: [UInt8], in contents: ByteBuffer, _ header: RTPHeader
    ) -> Bool? {
        withHeaderExtension(id, in: contents, header) { bytes, range in bytes[range].elementsEqual(expected) }
    }

    /// Loudness in dBov below full scale (0–127) and the voice flag (RFC 6464 §3).
    public func audioLevel(extension id: UInt8) -> (level: UInt8, isVoice: Bool)? {
        withHeaderExtension(id) { bytes, range in (bytes[range.lowerBound] & 0x7F, bytes[range.lowerBound] & 0x80 != 0)
        }
    }

    /// The 24-bit send time in units of 2^-18 s; `nil` where the element is not 3 bytes.
    public func absoluteSendTime(extension id: UInt8) -> UInt32? {
        withHeaderExtension(id) { bytes, range -> UInt32? in
            guard range.count == 3 else { return nil }
            return bytes[range].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        } ?? nil
    }

    /// The transport-wide sequence number; `nil` where the element is not 2 bytes.
    public func transportSequenceNumber(extension id: UInt8) -> UInt16? {
        withHeaderExtension(id) { bytes, range -> UInt16? in
            guard range.count == 2 else { return nil }
            return UInt16(bytes[range.lowerBound]) << 8 | UInt16(bytes[range.lowerBound + 1])
        } ?? nil
    }

    /// Calls `body` with the packet's bytes and the range of a non-empty element.
    private func withHeaderExtension<T>(_ id: UInt8, _ body: (UnsafeRawBufferPointer, Range<Int>) -> T) -> T? {
        Self.withHeaderExtension(id, in: contents, header, body)
    }

    private static func withHeaderExtension<T>(
        _ id: UInt8, in contents: ByteBuffer, _ header: RTPHeader, _ body: (UnsafeRawBufferPointer, Range<Int>) -> T
    ) -> T? {
        guard header.hasExtension else { return nil }
        return contents.withUnsafeReadableBytes { bytes in
            var found: Range<Int>?
            RTPExtensionScanner.forEach(in: bytes, range: header.extensionRange, profile: header.extensionProfile) {
                candidate, range in
                guard candidate == id, !range.isEmpty else { return true }
                found = range
                return false
            }
            return found.map { body(bytes, $0) }
        }
    }
}
