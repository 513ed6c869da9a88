import NIOCore

/// ABORT: the association is over at once (RFC 9260 §3.3.7).
public struct AbortChunk: Hashable, Sendable {
    /// The T bit: the sender has no association, and the packet carries the peer's own tag back.
    public var isReflected: Bool
    public var causes: [ErrorCause]

    public init(isReflected: Bool = false, causes: [ErrorCause]) {
        self.isReflected = isReflected
        self.causes = causes
    }

    init(flags: UInt8, body: ByteBuffer) throws(SCTPParseError) {
        self.init(isReflected: flags & 1 == 1, causes: try ErrorCause.list(parsing: body))
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.abort, flags: isReflected ? 1 : 0) { body in
            for cause in causes { cause.write(into: &body) }
        }
    }
}
