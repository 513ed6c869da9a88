import NIOCore

/// INIT and INIT ACK: what one side of a new association announces (RFC 9260 §3.3.2 and §3.3.3).
public struct InitChunk: Hashable, Sendable {
    /// The verification tag that packets to the sender of this chunk shall carry; never 0.
    public var initiateTag: UInt32
    /// The sender's receive window, in bytes.
    public var advertisedWindow: UInt32
    public var outboundStreams: UInt16
    /// How many streams the sender of this chunk accepts at most.
    public var inboundStreams: UInt16
    public var initialTSN: TSN
    public var parameters: [InitParameter]

    public init(
        initiateTag: UInt32, advertisedWindow: UInt32, outboundStreams: UInt16, inboundStreams: UInt16,
        initialTSN: TSN, parameters: [InitParameter]
    ) {
        self.initiateTag = initiateTag
        self.advertisedWindow = advertisedWindow
        self.outboundStreams = outboundStreams
        self.inboundStreams = inboundStreams
        self.initialTSN = initialTSN
        self.parameters = parameters
    }

    init(type: ChunkType, body: ByteBuffer) throws(SCTPParseError) {
        var body = body
        guard
            let (tag, window, outbound, inbound, tsn) = body.readMultipleIntegers(
                as: (UInt32, UInt32, UInt16, UInt16, UInt32).self)
        else { throw .chunkTooShort(type: type.rawValue) }
        self.init(
            initiateTag: tag, advertisedWindow: window, outboundStreams: outbound, inboundStreams: inbound,
            initialTSN: TSN(rawValue: tsn), parameters: [])
        while let (type, value) = try body.readParameter() {
            parameters.append(try InitParameter(type: type, value: value))
        }
    }

    func write(as type: ChunkType, into packet: inout ByteBuffer) {
        packet.writeChunk(type) { body in
            body.writeMultipleIntegers(
                initiateTag, advertisedWindow, outboundStreams, inboundStreams, initialTSN.rawValue)
            for parameter in parameters { parameter.write(into: &body) }
        }
    }

    /// The cookie of an INIT ACK.
    var cookie: ByteBuffer? {
        for case .stateCookie(let cookie) in parameters { return cookie }
        return nil
    }

    /// Whether the sender understands a chunk type beyond RFC 9260, as far as it announces it (RFC 5061 §4.2.7).
    func supports(_ type: ChunkType) -> Bool {
        parameters.contains { parameter in
            switch parameter {
            case .supportedExtensions(let types): types.contains(type.rawValue)
            case .forwardTSNSupported: type == .forwardTSN
            default: false
            }
        }
    }

    /// The parameters to report back because their type is unknown and asks for it (RFC 9260 §3.2.1).
    var parametersToReport: [InitParameter] {
        parameters.filter { if case .unknown(let type, _) = $0 { type & 0x4000 != 0 } else { false } }
    }
}
