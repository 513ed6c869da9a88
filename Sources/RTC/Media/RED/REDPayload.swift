import NIOCore

/// What can be wrong with a redundant audio payload (RFC 2198 §3).
public enum REDParseError: Error, Hashable, Sendable {
    /// The payload ends inside its block headers.
    case truncatedHeaders
    /// More redundant blocks than any sender in the field makes.
    case tooManyBlocks
    /// The redundant blocks are announced to be longer than the payload.
    case blocksExceedPayload
}

/// A redundant audio payload taken apart: older frames, oldest first, and the primary one (RFC 2198).
public struct REDPayload: Sendable {
    /// The most redundant blocks accepted. libwebrtc sends one, and can be told to send up to nine.
    public static let mostRedundantBlocks = 10

    /// One older frame.
    public struct RedundantBlock: Sendable {
        public var payloadType: UInt8
        /// How much older than the primary frame, in ticks of the RTP clock, 0 to 16383.
        public var timestampOffset: Int
        public var payload: ByteBuffer
    }

    /// What one block header says: payload type, age in ticks and bytes.
    private struct Header {
        static let size = 4

        let payloadType: UInt8
        let timestampOffset: Int
        let length: Int

        /// `nil` unless four bytes of a redundant block's header begin at `offset`.
        init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
            guard offset + Self.size <= bytes.count, bytes[offset] & 0x80 != 0 else { return nil }
            let middle = Int(bytes[offset + 2])
            payloadType = bytes[offset] & 0x7F
            timestampOffset = Int(bytes[offset + 1]) << 6 | middle >> 2
            length = (middle & 0x03) << 8 | Int(bytes[offset + 3])
        }
    }

    public let primaryPayloadType: UInt8
    /// The newest frame, whose timestamp is the packet's own. May be empty.
    public let primary: ByteBuffer
    public let redundantCount: Int

    private let payload: ByteBuffer

    /// Takes a payload apart without copying it.
    public init(parsing payload: ByteBuffer) throws(REDParseError) {
        let layout = payload.withUnsafeReadableBytes { Self.layout(of: $0) }
        let (count, redundantBytes, type) = try layout.get()
        let start = count * Header.size + 1 + redundantBytes
        let length = payload.readableBytes - start
        guard length >= 0, let primary = payload.getSlice(at: payload.readerIndex + start, length: length) else {
            throw .blocksExceedPayload
        }
        self.payload = payload
        self.primary = primary
        redundantCount = count
        primaryPayloadType = type
    }

    /// Reads all headers: how many redundant blocks there are, how long they are together, and the primary's type.
    private static func layout(of bytes: UnsafeRawBufferPointer) -> Result<(Int, Int, UInt8), REDParseError> {
        var (count, total, offset) = (0, 0, 0)
        while let header = Header(bytes, at: offset) {
            guard count < mostRedundantBlocks else { return .failure(.tooManyBlocks) }
            count += 1
            total += header.length
            offset += Header.size
        }
        guard offset < bytes.count, bytes[offset] & 0x80 == 0 else { return .failure(.truncatedHeaders) }
        return .success((count, total, bytes[offset]))
    }

    /// The redundant block at `index`, oldest first; `nil` outside `0..<redundantCount`.
    public func redundantBlock(_ index: Int) -> RedundantBlock? {
        guard index >= 0, index < redundantCount else { return nil }
        var start = redundantCount * Header.size + 1
        let header = payload.withUnsafeReadableBytes { bytes -> Header? in
            for earlier in 0..<index { start += Header(bytes, at: earlier * Header.size)?.length ?? 0 }
            return Header(bytes, at: index * Header.size)
        }
        guard let header, let slice = payload.getSlice(at: payload.readerIndex + start, length: header.length) else {
            return nil
        }
        return RedundantBlock(
            payloadType: header.payloadType, timestampOffset: header.timestampOffset, payload: slice)
    }
}
