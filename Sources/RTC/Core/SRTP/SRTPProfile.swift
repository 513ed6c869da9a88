/// A DTLS-SRTP protection profile by its IANA number (RFC 5764 §4.1.2, RFC 7714 §14.2).
public enum SRTPProfile: UInt16, Hashable, Sendable, CaseIterable {
    /// AES-128 in counter mode with an 80-bit HMAC-SHA1 tag.
    case aes128CMSHA1_80 = 1
    /// AES-128 in Galois/counter mode with a 128-bit tag.
    case aeadAES128GCM = 7
    /// AES-256 in Galois/counter mode with a 128-bit tag.
    case aeadAES256GCM = 8

    /// Bytes of a master key.
    public var keyLength: Int { self == .aeadAES256GCM ? 32 : 16 }
    /// Bytes of a master salt.
    public var saltLength: Int { self == .aes128CMSHA1_80 ? 14 : 12 }
    /// Bytes of the authentication tag at the end of a packet.
    public var tagLength: Int { self == .aes128CMSHA1_80 ? 10 : 16 }

    /// The profile's name in OpenSSL's lists.
    var openSSLName: String {
        switch self {
        case .aes128CMSHA1_80: "SRTP_AES128_CM_SHA1_80"
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        }
    }
}
