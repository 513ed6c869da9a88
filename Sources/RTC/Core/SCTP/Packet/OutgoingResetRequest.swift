import NIOCore

/// The sender starts its outgoing streams anew from sequence number 0 (RFC 6525 §4.1).
public struct OutgoingResetRequest: Hashable, Sendable {
    static let type: UInt16 = 13

    public var requestSequence: UInt32
    /// The peer's request that this answers, or the one before the peer's next.
    public var responseSequence: UInt32
    /// The last TSN given out before the reset; the reset takes effect behind it.
    public var lastTSN: TSN
    /// Empty means all of them.
    public var streams: [UInt16]

    public init(requestSequence: UInt32, responseSequence: UInt32, lastTSN: TSN, streams: [UInt16]) {
        self.requestSequence = requestSequence
        self.responseSequence = responseSequence
        self.lastTSN = lastTSN
        self.streams = streams
    }

    init(value: ByteBuffer) throws(SCTPParseError) {
        var value = value
        guard let (request, response, last) = value.readMultipleIntegers(as: (UInt32, UInt32, UInt32).self) else {
            throw .parameterTooShort(type: Self.type)
        }
        self.init(
            requestSequence: request, responseSequence: response, lastTSN: TSN(rawValue: last),
            streams: try value.readStreams(ofParameter: Self.type))
    }

    func write(into chunk: inout ByteBuffer) {
        chunk.writeParameter(Self.type) { body in
            body.writeMultipleIntegers(requestSequence, responseSequence, lastTSN.rawValue)
            for stream in streams { body.writeInteger(stream) }
        }
    }
}
