import COpenSSL
import NIOCore

/// MESSAGE-INTEGRITY (RFC 8489 §14.5): HMAC-SHA1 over the message up to the attribute.
struct STUNIntegrity: Hashable, Sendable {
    static let byteCount = 20

    /// The bytes that were signed, with the header's length as the sender had it while it signed.
    private let signed: ByteBuffer
    private let code: [UInt8]

    /// - Parameters:
    ///   - message: a whole message, from its header on.
    ///   - offset: where the attribute's own header begins.
    init?(message: ByteBuffer, attributeAt offset: Int) {
        guard var signed = message.getSlice(at: message.readerIndex, length: offset),
            let code = message.getBytes(at: message.readerIndex + offset + 4, length: Self.byteCount)
        else { return nil }
        let covered = UInt16(truncatingIfNeeded: offset + 4 + Self.byteCount - STUNMessage.headerBytes)
        signed.setInteger(covered, at: signed.readerIndex + 2)
        self.signed = signed
        self.code = code
    }

    func matches(key: [UInt8]) -> Bool {
        let expected = Self.code(over: signed, key: key)
        guard expected.count == code.count else { return false }
        // Every byte is looked at, so that the time taken tells nothing about where they differ.
        return zip(expected, code).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The 20 bytes of the code; empty where the library has no HMAC-SHA1, which then matches nothing.
    static func code(over signed: ByteBuffer, key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let done = signed.withUnsafeReadableBytes { input in
                jask_hmac_sha1(key, key.count, input.baseAddress, input.count, output.baseAddress)
            }
            count = done == 1 ? byteCount : 0
        }
    }
}
