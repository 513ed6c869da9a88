import NIOCore

/// COOKIE ECHO: the cookie of the INIT ACK, given back (RFC 9260 §3.3.11).
public struct CookieEchoChunk: Hashable, Sendable {
    public var cookie: ByteBuffer

    public init(cookie: ByteBuffer) {
        self.cookie = cookie
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.cookieEcho) { $0.writeImmutableBuffer(cookie) }
    }
}
