import NIOCore

/// One datagram with both of its ends, in either direction.
public struct Datagram: Sendable {
    /// What it came in on or is to leave from.
    public var local: LocalEndpoint
    /// The peer's address.
    public var remote: TransportAddress
    /// The bytes, without any framing.
    public var payload: ByteBuffer

    public init(local: LocalEndpoint, remote: TransportAddress, payload: ByteBuffer) {
        self.local = local
        self.remote = remote
        self.payload = payload
    }

    /// The bytes, of which no copy stays behind.
    @inlinable
    @inline(__always)
    public consuming func takePayload() -> ByteBuffer { payload }
}
