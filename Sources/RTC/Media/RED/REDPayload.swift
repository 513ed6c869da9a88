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

    private struct Header {
        var payloadType: UInt8 = 0
        var timestampOffset: UInt16 = 0
        var start: UInt16 = 0
        var length: UInt16 = 0
    }

    public let primaryPayloadType: UInt8
    /// The newest frame, whose timestamp is the packet's own. May be empty.
    public let primary: ByteBuffer
    public private(set) var redundantCount = 0

    private let payload: ByteBuffer
    private var headers = InlineArray<10, Header>(repeating: Header())

    /// Takes a payload apart without copying it.
    public init(parsing payload: ByteBuffer) throws(REDParseError) {
        self.payload = payload
        var failure: REDParseError?
        var headers = InlineArray<10, Header>(repeating: Header())
        var count = 0
        var last: UInt8 = 0
        var offset = 0
        payload.withUnsafeReadableBytes { bytes in
            while offset < bytes.count, bytes[offset] & 0x80 != 0 {
                guard offset + 4 <= bytes.count else {
                    failure = .truncatedHeaders
                    return
                }
                guard count < Self.mostRedundantBlocks else {
                    failure = .tooManyBlocks
                    return
                }
                let middle = UInt16(bytes[offset + 2])
                headers[count] = Header(
                    payloadType: bytes[offset] & 0x7F,
                    timestampOffset: UInt16(bytes[offset + 1]) << 6 | middle >> 2,
                    length: (middle & 0x03) << 8 | UInt16(bytes[offset + 3]))
                count += 1
                offset += 4
            }
            guard offset < bytes.count else {
                failure = .truncatedHeaders
                return
            }
            last = bytes[offset]
            offset += 1
        }
        if let failure { throw failure }
        for index in 0..<count {
            headers[index].start = UInt16(truncatingIfNeeded: offset)
            offset += Int(headers[index].length)
        }
        guard offset <= payload.readableBytes,
            let primary = payload.getSlice(
                at: payload.readerIndex + offset, length: payload.readableBytes - offset)
        else { throw .blocksExceedPayload }
        self.primary = primary
        self.headers = headers
        redundantCount = count
        primaryPayloadType = last
    }

    /// The redundant block at `index`, oldest first; `nil` outside `0..<redundantCount`.
    public func redundantBlock(_ index: Int) -> RedundantBlock? {
        guard index >= 0, index < redundantCount else { return nil }
        let header = headers[index]
        guard
            let slice = payload.getSlice(
                at: payload.readerIndex + Int(header.start), length: Int(header.length))
        else { return nil }
        return RedundantBlock(
            payloadType: header.payloadType, timestampOffset: Int(header.timestampOffset), payload: slice)
    }
}
