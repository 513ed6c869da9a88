import NIOCore

/// Sources that leave (RFC 3550 §6.6).
public struct Goodbye: Hashable, Sendable {
    static let packetType: UInt8 = 203

    /// At most 31.
    public var ssrcs: [UInt32]
    /// At most 255 bytes of UTF-8.
    public var reason: String?

    public init(ssrcs: [UInt32], reason: String? = nil) {
        self.ssrcs = ssrcs
        self.reason = reason
    }

    init?(count: UInt8, body: ByteBuffer) {
        var body = body
        ssrcs = []
        for _ in 0..<count {
            guard let ssrc: UInt32 = body.readInteger() else { return nil }
            ssrcs.append(ssrc)
        }
        if body.readableBytes > 0 {
            guard let length: UInt8 = body.readInteger(), let bytes = body.readBytes(length: Int(length)) else {
                return nil
            }
            reason = String(decoding: bytes, as: UTF8.self)
        }
    }

    func write(to writer: inout RTCPWriter) {
        writer.packet(type: Self.packetType, count: UInt8(truncatingIfNeeded: min(ssrcs.count, 31))) { buffer in
            for ssrc in ssrcs.prefix(31) { buffer.writeInteger(ssrc) }
            guard let reason else { return }
            let bytes = reason.utf8.prefix(255)
            buffer.writeInteger(UInt8(truncatingIfNeeded: bytes.count))
            buffer.writeBytes(bytes)
            buffer.writeRepeatingByte(0, count: (4 - (bytes.count + 1) % 4) % 4)
        }
    }
}
