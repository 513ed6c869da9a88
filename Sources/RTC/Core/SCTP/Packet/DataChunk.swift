import NIOCore

/// DATA: a message, or one fragment of it (RFC 9260 §3.3.1).
public struct DataChunk: Hashable, Sendable {
    /// Bytes on the wire before the payload, chunk header included.
    static let headerLength = 16

    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The last fragment of its message.
        public static let end = Flags(rawValue: 1)
        /// The first fragment of its message.
        public static let beginning = Flags(rawValue: 2)
        /// Delivered whatever came before; the stream sequence number has no meaning.
        public static let unordered = Flags(rawValue: 4)
        /// The sender would like its acknowledgement at once (RFC 7053).
        public static let immediate = Flags(rawValue: 8)
    }

    public var flags: Flags
    public var tsn: TSN
    public var stream: UInt16
    public var streamSequence: UInt16
    /// The payload protocol identifier, opaque to SCTP.
    public var ppid: UInt32
    public var payload: ByteBuffer

    public init(
        flags: Flags, tsn: TSN, stream: UInt16, streamSequence: UInt16, ppid: UInt32, payload: ByteBuffer
    ) {
        self.flags = flags
        self.tsn = tsn
        self.stream = stream
        self.streamSequence = streamSequence
        self.ppid = ppid
        self.payload = payload
    }

    init(flags: UInt8, body: ByteBuffer) throws(SCTPParseError) {
        var body = body
        guard let (tsn, stream, sequence, ppid) = body.readMultipleIntegers(as: (UInt32, UInt16, UInt16, UInt32).self)
        else { throw .chunkTooShort(type: ChunkType.data.rawValue) }
        self.init(
            flags: Flags(rawValue: flags), tsn: TSN(rawValue: tsn), stream: stream, streamSequence: sequence,
            ppid: ppid, payload: body)
    }

    func write(into packet: inout ByteBuffer) {
        let length = UInt16(truncatingIfNeeded: Self.headerLength + payload.readableBytes)
        packet.writeMultipleIntegers(
            ChunkType.data.rawValue, flags.rawValue, length, tsn.rawValue, stream, streamSequence, ppid)
        packet.writeImmutableBuffer(payload)
        packet.padToFour()
    }
}
