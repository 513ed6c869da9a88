import NIOCore

/// A re-configuration request that is only ever refused: SSN/TSN reset, add streams (RFC 6525 §4.3, §4.5, §4.6).
public struct UnsupportedRequest: Hashable, Sendable {
    public var type: UInt16
    /// Every request begins with its sequence number.
    public var requestSequence: UInt32
    public var rest: ByteBuffer

    init(type: UInt16, value: ByteBuffer) throws(SCTPParseError) {
        var value = value
        guard let request = value.readInteger(as: UInt32.self) else { throw .parameterTooShort(type: type) }
        self.type = type
        requestSequence = request
        rest = value
    }

    func write(into chunk: inout ByteBuffer) {
        chunk.writeParameter(type) { body in
            body.writeInteger(requestSequence)
            body.writeImmutableBuffer(rest)
        }
    }
}
