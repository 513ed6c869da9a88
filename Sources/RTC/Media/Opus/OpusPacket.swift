import NIOCore

/// What can be wrong with the structure of an Opus packet (RFC 6716 §3.4).
public enum OpusPacketError: Error, Hashable, Sendable {
    /// No byte at all, not even the table-of-contents byte.
    case empty
    /// The packet ends inside its own frame lengths or frames.
    case truncated
    /// Two frames of equal length were announced over an odd number of bytes, or N over a number N does not divide.
    case unevenFrames
    /// A frame longer than 1275 bytes.
    case frameTooLong
    /// No frame, or more sound than 120 ms.
    case invalidFrameCount
}

/// The structure of one Opus packet: what its first bytes tell without decoding (RFC 6716 §3).
public struct OpusPacket: Hashable, Sendable {
    /// The layers of the codec that a packet uses.
    public enum Mode: Hashable, Sendable {
        case silk, hybrid, celt
    }

    /// The most sound a packet may carry: 120 ms at 48 kHz.
    public static let longestDuration = 5760

    public var mode: Mode
    public var isStereo: Bool
    /// Samples of one frame at 48 kHz: 120 to 2880.
    public var frameDuration: Int
    /// Frames in the packet, 1 to 48.
    public var frameCount: Int
    /// Whether the packet also carries the frame before its own, coded at a lower rate (in-band FEC).
    public var hasForwardErrorCorrection: Bool

    /// Samples of the whole packet at 48 kHz.
    public var duration: Int { frameDuration * frameCount }

    /// Reads the structure of a packet, checking every length in it.
    public init(parsing packet: ByteBuffer) throws(OpusPacketError) {
        let result: Result<OpusPacket, OpusPacketError> = packet.withUnsafeReadableBytes { bytes in
            do throws(OpusPacketError) {
                return .success(try OpusPacket(bytes))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(OpusPacketError) {
        guard let first = bytes.first else { throw .empty }
        let contents = OpusTableOfContents(first)
        mode = contents.mode
        isStereo = contents.isStereo
        frameDuration = contents.frameDuration
        let layout = try OpusFrameLayout(bytes, code: contents.code)
        frameCount = layout.count
        guard layout.count > 0, contents.frameDuration * layout.count <= Self.longestDuration else {
            throw .invalidFrameCount
        }
        hasForwardErrorCorrection = false
        if mode != .celt, layout.firstLength > 0, layout.firstOffset < bytes.count {
            hasForwardErrorCorrection = Self.hasLowRateFrames(bytes[layout.firstOffset], contents)
        }
    }

    /// Samples at 48 kHz of a packet, from its first two bytes; `nil` where they make no sense.
    ///
    /// This is what the receive path needs for each packet; the decoder checks the rest.
    public static func duration(of packet: ByteBuffer) -> Int? {
        packet.withUnsafeReadableBytes { bytes in
            guard let first = bytes.first else { return nil }
            let contents = OpusTableOfContents(first)
            var count = 1
            switch contents.code {
            case 0: break
            case 1, 2: count = 2
            default:
                guard bytes.count > 1 else { return nil }
                count = Int(bytes[1] & 0x3F)
            }
            let duration = contents.frameDuration * count
            return duration > 0 && duration <= longestDuration ? duration : nil
        }
    }

    /// The first bits of a SILK frame are coded with even odds, so they stand in the byte as they are: a voice-activity
    /// flag for each 20 ms, then the LBRR flag, for the mid channel and then for the side one (RFC 6716 §4.2.3).
    private static func hasLowRateFrames(_ byte: UInt8, _ contents: OpusTableOfContents) -> Bool {
        let silkFrames = max(1, contents.frameDuration / 960)
        let mid = (byte >> UInt8(7 - silkFrames)) & 1
        let side = contents.isStereo ? (byte >> UInt8(6 - 2 * silkFrames)) & 1 : 0
        return mid | side != 0
    }
}

/// The first byte of an Opus packet (RFC 6716 §3.1).
struct OpusTableOfContents {
    let mode: OpusPacket.Mode
    let isStereo: Bool
    let frameDuration: Int
    let code: UInt8

    init(_ byte: UInt8) {
        let configuration = Int(byte >> 3)
        isStereo = byte & 0x04 != 0
        code = byte & 0x03
        switch configuration {
        case 0..<12:
            mode = .silk
            frameDuration = configuration & 3 == 3 ? 2880 : 480 << (configuration & 3)
        case 12..<16:
            mode = .hybrid
            frameDuration = 480 << (configuration & 1)
        default:
            mode = .celt
            frameDuration = 120 << (configuration & 3)
        }
    }
}

/// Where the frames of a packet lie (RFC 6716 §3.2).
private struct OpusFrameLayout {
    static let longestFrame = 1275

    var count = 1
    var firstOffset = 1
    var firstLength = 0

    init(_ bytes: UnsafeRawBufferPointer, code: UInt8) throws(OpusPacketError) {
        let rest = bytes.count - 1
        switch code {
        case 0:
            firstLength = rest
        case 1:
            guard rest % 2 == 0 else { throw .unevenFrames }
            count = 2
            firstLength = rest / 2
        case 2:
            count = 2
            var offset = 1
            firstLength = try Self.length(bytes, &offset, end: bytes.count)
            firstOffset = offset
            guard offset + firstLength <= bytes.count else { throw .truncated }
            try Self.check(bytes.count - offset - firstLength)
        default:
            try parseCounted(bytes)
        }
        try Self.check(firstLength)
    }

    private mutating func parseCounted(_ bytes: UnsafeRawBufferPointer) throws(OpusPacketError) {
        guard bytes.count > 1 else { throw .truncated }
        let flags = bytes[1]
        count = Int(flags & 0x3F)
        guard count > 0, count <= 48 else { throw .invalidFrameCount }
        var offset = 2
        var end = bytes.count
        if flags & 0x40 != 0 { end = try Self.skipPadding(bytes, &offset) }
        if flags & 0x80 != 0 {
            try parseVariable(bytes, &offset, end: end)
        } else {
            let total = end - offset
            guard total >= 0 else { throw .truncated }
            guard total % count == 0 else { throw .unevenFrames }
            firstLength = total / count
        }
        firstOffset = offset
    }

    private mutating func parseVariable(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, end: Int
    ) throws(OpusPacketError) {
        var total = 0
        for index in 0..<(count - 1) {
            let length = try Self.length(bytes, &offset, end: end)
            if index == 0 { firstLength = length }
            total += length
        }
        let last = end - offset - total
        guard last >= 0 else { throw .truncated }
        try Self.check(last)
        if count == 1 { firstLength = last }
    }

    /// Reads the padding's length and returns where the frames end.
    private static func skipPadding(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) throws(OpusPacketError) -> Int {
        var padding = 0
        while true {
            guard offset < bytes.count else { throw .truncated }
            let byte = Int(bytes[offset])
            offset += 1
            padding += min(byte, 254)
            if byte != 255 { break }
        }
        let end = bytes.count - padding
        guard end >= offset else { throw .truncated }
        return end
    }

    /// A frame length of one or two bytes (RFC 6716 §3.2.1).
    private static func length(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, end: Int
    ) throws(OpusPacketError) -> Int {
        guard offset < end else { throw .truncated }
        let first = Int(bytes[offset])
        offset += 1
        if first < 252 { return first }
        guard offset < end else { throw .truncated }
        let second = Int(bytes[offset])
        offset += 1
        return second * 4 + first
    }

    private static func check(_ length: Int) throws(OpusPacketError) {
        guard length <= longestFrame else { throw .frameTooLong }
    }
}
