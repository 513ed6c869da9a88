import COpenSSL
import SansIO

/// A key of AES-256-GCM.
struct SealingKey: Sendable {
    let secret: SecretBytes
    let tag: KeyTag
    /// What tells, without the key, whether two processes have the same one: 32 bytes.
    let fingerprint: [UInt8]

    /// What a fingerprint is of, so that it is of no use elsewhere.
    private static let purpose = Array("jask/1 key fingerprint".utf8)

    init(_ secret: SecretBytes) throws(SealingError) {
        var print = [UInt8](repeating: 0, count: Int(JASK_SHA256_SIZE))
        let isDone = secret.withBytes { key in
            jask_hmac_sha256(key.baseAddress, key.count, Self.purpose, Self.purpose.count, &print) == 1
        }
        guard isDone else { throw .refused }
        (self.secret, fingerprint, tag) = (secret, print, KeyTag(print))
    }

    init(random: inout RandomSource) throws(SealingError) {
        var bytes = random.bytes(SecretBytes.count)
        defer { jask_cleanse(&bytes, bytes.count) }
        guard let secret = SecretBytes(bytes) else { throw .refused }
        try self.init(secret)
    }

    /// `0x01 | key's tag (4) | nonce (12) | ciphertext | tag (16)`.
    /// - Parameter data: what is authenticated besides.
    func seal(_ bytes: [UInt8], with data: [UInt8], random: inout RandomSource) throws(SealingError) -> [UInt8] {
        guard bytes.count <= SealedBlob.mostBytes else { throw .refused }
        var blob: [UInt8] = []
        blob.reserveCapacity(SealedBlob.overhead + bytes.count)
        blob.append(SealedBlob.version)
        blob += tag.bytes
        blob += random.bytes(SealedBlob.nonceCount)
        let content = blob.count
        blob += bytes
        blob += repeatElement(0, count: SealedBlob.tagCount)
        let result = blob.withUnsafeMutableBufferPointer { blob in
            secret.withBytes { key in
                guard let start = blob.baseAddress else { return Int32(-1) }
                return jask_aes_256_gcm_seal(
                    key.baseAddress, start + content - SealedBlob.nonceCount, data, data.count, start + content,
                    bytes.count, start + content + bytes.count)
            }
        }
        guard result == 1 else { throw .refused }
        return blob
    }

    func open(_ blob: SealedBlob, with data: [UInt8]) throws(SealingError) -> [UInt8] {
        guard blob.keyTag == tag else { throw .notAuthentic }
        var bytes = Array(blob.ciphertext)
        let (nonce, check) = (Array(blob.nonce), Array(blob.tag))
        let count = bytes.count
        let result = bytes.withUnsafeMutableBufferPointer { bytes in
            secret.withBytes { key in
                jask_aes_256_gcm_open(key.baseAddress, nonce, data, data.count, bytes.baseAddress, count, check)
            }
        }
        guard result >= 0 else { throw .refused }
        guard result == 1 else { throw .notAuthentic }
        return bytes
    }
}
