import COpenSSL

/// The parts of sealed data: `0x01 | key's tag (4) | nonce (12) | ciphertext | tag (16)`.
struct SealedBlob: Sendable {
    static let version: UInt8 = 1
    static let nonceCount = Int(JASK_GCM_NONCE_SIZE)
    static let tagCount = Int(JASK_GCM_TAG_SIZE)
    static let overhead = 1 + KeyTag.count + nonceCount + tagCount
    /// What is sealed at once.
    static let mostBytes = 1 << 26

    /// Which key opens it.
    let keyTag: KeyTag
    let nonce: ArraySlice<UInt8>
    let ciphertext: ArraySlice<UInt8>
    let tag: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) throws(SealingError) {
        guard bytes.count >= Self.overhead, bytes.count - Self.overhead <= Self.mostBytes, bytes[0] == Self.version
        else { throw .badFormat }
        let (content, end) = (1 + KeyTag.count + Self.nonceCount, bytes.count - Self.tagCount)
        keyTag = KeyTag(bytes[1...])
        nonce = bytes[1 + KeyTag.count..<content]
        ciphertext = bytes[content..<end]
        tag = bytes[end...]
    }
}
