import COpenSSL

/// Encrypts or decrypts packets with one session key. Owns OpenSSL's cipher state.
final class SRTPPacketCipher {
    enum Direction { case protecting, opening }

    typealias Bytes = UnsafeMutablePointer<UInt8>

    let profile: SRTPProfile
    private let cipher: OpaquePointer
    /// The salt on the left of 16 bytes.
    private let salt: InlineArray<16, UInt8>

    init(profile: SRTPProfile, keys: SRTPSessionKeys, direction: Direction) throws(SRTPError) {
        let made =
            profile == .aes128CMSHA1_80
            ? jask_srtp_cipher_new_cm(keys.encryption, keys.authentication)
            : jask_srtp_cipher_new_gcm(keys.encryption, keys.encryption.count, direction == .protecting ? 1 : 0)
        guard let made else { throw .library(0) }
        cipher = made
        self.profile = profile
        salt = InlineArray { $0 < keys.salt.count ? keys.salt[$0] : 0 }
    }

    deinit {
        jask_srtp_cipher_free(cipher)
    }

    /// The IV of GCM for RTP (RFC 7714 §8.1) and RTCP (§9.1): both are SSRC and a 48-bit number.
    @inline(__always)
    private func gcmIV(_ ssrc: UInt32, _ index: UInt64) -> InlineArray<16, UInt8> {
        var iv = salt
        Self.mix(ssrc, into: &iv, at: 2)
        Self.mix(UInt32(truncatingIfNeeded: index >> 16), into: &iv, at: 6)
        iv[10] ^= UInt8(truncatingIfNeeded: index >> 8)
        iv[11] ^= UInt8(truncatingIfNeeded: index)
        return iv
    }

    /// The first counter block of counter mode (RFC 3711 §4.1.1).
    @inline(__always)
    private func counterBlock(_ ssrc: UInt32, _ index: UInt64) -> InlineArray<16, UInt8> {
        var iv = salt
        Self.mix(ssrc, into: &iv, at: 4)
        Self.mix(UInt32(truncatingIfNeeded: index >> 16), into: &iv, at: 8)
        iv[12] ^= UInt8(truncatingIfNeeded: index >> 8)
        iv[13] ^= UInt8(truncatingIfNeeded: index)
        return iv
    }

    @inline(__always)
    private static func mix(_ word: UInt32, into iv: inout InlineArray<16, UInt8>, at offset: Int) {
        for byte in 0..<4 { iv[offset + byte] ^= UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * byte)) }
    }

    /// GCM: encrypts `data` and writes the tag.
    func seal(
        ssrc: UInt32, index: UInt64, first: UnsafeBufferPointer<UInt8>, second: UnsafeBufferPointer<UInt8>?,
        data: UnsafeMutableBufferPointer<UInt8>, tag: Bytes
    ) -> Bool {
        let iv = gcmIV(ssrc, index)
        return iv.span.withUnsafeBufferPointer { iv in
            jask_srtp_gcm_seal(
                cipher, iv.baseAddress, first.baseAddress, first.count, second?.baseAddress, second?.count ?? 0,
                data.baseAddress, data.count, tag) == 1
        }
    }

    /// GCM: decrypts `data` and checks the tag.
    func open(
        ssrc: UInt32, index: UInt64, first: UnsafeBufferPointer<UInt8>, second: UnsafeBufferPointer<UInt8>?,
        data: UnsafeMutableBufferPointer<UInt8>, tag: Bytes
    ) -> Bool {
        let iv = gcmIV(ssrc, index)
        return iv.span.withUnsafeBufferPointer { iv in
            jask_srtp_gcm_open(
                cipher, iv.baseAddress, first.baseAddress, first.count, second?.baseAddress, second?.count ?? 0,
                data.baseAddress, data.count, tag) == 1
        }
    }

    /// Counter mode, both ways.
    func crypt(ssrc: UInt32, index: UInt64, data: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        let iv = counterBlock(ssrc, index)
        return iv.span.withUnsafeBufferPointer { iv in
            jask_srtp_cm_crypt(cipher, iv.baseAddress, data.baseAddress, data.count) == 1
        }
    }

    /// HMAC-SHA1 of an area and, for RTP, of the roll-over counter behind it; the first ten bytes are the tag.
    func tag(of area: UnsafeBufferPointer<UInt8>, rollover: UInt32?) -> InlineArray<20, UInt8>? {
        var tag = InlineArray<20, UInt8>(repeating: 0)
        var behind = (rollover ?? 0).bigEndian
        let isMade = withUnsafeBytes(of: &behind) { behind in
            var span = tag.mutableSpan
            return span.withUnsafeMutableBufferPointer { out in
                jask_srtp_cm_tag(
                    cipher, area.baseAddress, area.count, behind.assumingMemoryBound(to: UInt8.self).baseAddress,
                    rollover == nil ? 0 : 4, out.baseAddress) == 1
            }
        }
        return isMade ? tag : nil
    }
}
