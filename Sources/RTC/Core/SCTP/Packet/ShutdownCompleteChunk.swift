import NIOCore

/// SHUTDOWN COMPLETE: the last packet of an association that was closed in order (RFC 9260 §3.3.13).
public struct ShutdownCompleteChunk: Hashable, Sendable {
    /// The T bit: the sender has no association, and the packet carries the peer's own tag back.
    public var isReflected: Bool

    public init(isReflected: Bool = false) {
        self.isReflected = isReflected
    }

    init(flags: UInt8) {
        self.init(isReflected: flags & 1 == 1)
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.shutdownComplete, flags: isReflected ? 1 : 0)
    }
}
