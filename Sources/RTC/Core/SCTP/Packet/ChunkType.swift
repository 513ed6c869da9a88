/// The type of a chunk: the numbers of RFC 9260 §3.2, RFC 3758 and RFC 6525 that are used here.
public struct ChunkType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let data = ChunkType(rawValue: 0)
    public static let initiation = ChunkType(rawValue: 1)
    public static let initiationAck = ChunkType(rawValue: 2)
    public static let selectiveAck = ChunkType(rawValue: 3)
    public static let heartbeat = ChunkType(rawValue: 4)
    public static let heartbeatAck = ChunkType(rawValue: 5)
    public static let abort = ChunkType(rawValue: 6)
    public static let shutdown = ChunkType(rawValue: 7)
    public static let shutdownAck = ChunkType(rawValue: 8)
    public static let error = ChunkType(rawValue: 9)
    public static let cookieEcho = ChunkType(rawValue: 10)
    public static let cookieAck = ChunkType(rawValue: 11)
    public static let shutdownComplete = ChunkType(rawValue: 14)
    public static let reconfiguration = ChunkType(rawValue: 130)
    public static let forwardTSN = ChunkType(rawValue: 192)

    /// What to do with a chunk of a type one does not know, told by its two highest bits (RFC 9260 §3.2).
    var unknownAction: (skipRestOfPacket: Bool, report: Bool) {
        (rawValue & 0x80 == 0, rawValue & 0x40 != 0)
    }
}
