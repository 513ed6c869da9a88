import COpenSSL

/// HMAC-SHA256 (RFC 2104) through OpenSSL, compared in constant time.
enum TokenSignature {
    static func compute(over bytes: [UInt8], secret: [UInt8]) throws(TokenError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(JASK_SHA256_SIZE))
        guard jask_hmac_sha256(secret, secret.count, bytes, bytes.count, &code) == 1 else { throw .cryptography }
        return code
    }

    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && jask_constant_time_equal(left, right, left.count) == 1
    }
}
