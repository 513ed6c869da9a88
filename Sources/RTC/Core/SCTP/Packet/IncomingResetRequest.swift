import NIOCore

/// The sender asks the peer to reset the peer's own outgoing streams (RFC 6525 §4.2).
public struct IncomingResetRequest: Hashable, Sendable {
    static let type: UInt16 = 14

    public var requestSequence: UInt32
    /// Empty means all of them.
    public var streams: [UInt16]

    public init(requestSequence: UInt32, streams: [UInt16]) {
        self.requestSequence = requestSequence
        self.streams = streams
    }

    init(value: ByteBuffer) throws(SCTPParseError) {
        var value = value
        guard let request = value.readInteger(as: UInt32.self) else { throw .parameterTooShort(type: Self.type) }
        self.init(requestSequence: request, streams: try value.readStreams(ofParameter: Self.type))
    }

    func write(into chunk: inout ByteBuffer) {
        chunk.writeParameter(Self.type) { body in
            body.writeInteger(requestSequence)
            for stream in streams { body.writeInteger(stream) }
        }
    }
}
