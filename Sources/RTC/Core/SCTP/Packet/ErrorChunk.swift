import NIOCore

/// ERROR: something was wrong that does not end the association (RFC 9260 §3.3.10).
public struct ErrorChunk: Hashable, Sendable {
    public var causes: [ErrorCause]

    public init(causes: [ErrorCause]) {
        self.causes = causes
    }

    init(body: ByteBuffer) throws(SCTPParseError) {
        self.init(causes: try ErrorCause.list(parsing: body))
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.error) { body in
            for cause in causes { cause.write(into: &body) }
        }
    }
}
