import COpenSSL

/// Why text is not a certificate fingerprint.
public enum DTLSFingerprintParseError: Error, Hashable, Sendable {
    /// Not of the form "hash-function SP digest".
    case malformed
    /// A hash function that is unknown or too weak (MD2, MD5).
    case unsupportedAlgorithm(String)
    /// The digest is not pairs of hexadecimal digits between colons.
    case malformedDigest
    /// The digest has not as many bytes as the hash function gives.
    case wrongLength(expected: Int, found: Int)
}

/// The digest of a certificate, as SDP carries it in `a=fingerprint` (RFC 8122 §5).
public struct DTLSFingerprint: Hashable, Sendable {
    /// The hash functions of RFC 8122 that are still accepted, weakest first.
    public enum HashFunction: String, CaseIterable, Hashable, Sendable, Comparable {
        case sha1 = "sha-1"
        case sha224 = "sha-224"
        case sha256 = "sha-256"
        case sha384 = "sha-384"
        case sha512 = "sha-512"

        /// Bytes of a digest.
        public var length: Int {
            switch self {
            case .sha1: 20
            case .sha224: 28
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }

        public static func < (left: HashFunction, right: HashFunction) -> Bool { left.length < right.length }

        fileprivate var openSSLName: String {
            switch self {
            case .sha1: "SHA1"
            case .sha224: "SHA224"
            case .sha256: "SHA256"
            case .sha384: "SHA384"
            case .sha512: "SHA512"
            }
        }
    }

    public let hashFunction: HashFunction
    /// The digest.
    public let bytes: [UInt8]

    /// The hash function's name as SDP writes it, such as "sha-256".
    public var algorithm: String { hashFunction.rawValue }

    /// - Parameter text: "sha-256 AA:BB:…" in any case, with or without "a=" and "fingerprint:" before it.
    public init(parsing text: some StringProtocol) throws(DTLSFingerprintParseError) {
        var rest = text.utf8[...]
        for prefix in ["a=", "fingerprint:"] where rest.starts(with: prefix.utf8) {
            rest = rest.dropFirst(prefix.utf8.count)
        }
        let words = rest.split(separator: UInt8(ascii: " "))
        guard words.count == 2 else { throw .malformed }
        let name = String(decoding: words[0], as: UTF8.self).lowercased()
        guard let function = HashFunction(rawValue: name) else { throw .unsupportedAlgorithm(String(name.prefix(32))) }
        let bytes = try Self.parseDigest(Array(words[1]))
        guard bytes.count == function.length else {
            throw .wrongLength(expected: function.length, found: bytes.count)
        }
        hashFunction = function
        self.bytes = bytes
    }

    /// The digest of a DER certificate; `nil` if OpenSSL refuses, as a FIPS provider may.
    public init?(of certificate: [UInt8], hashFunction: HashFunction) {
        let digest = certificate.withUnsafeBytes { Self.digest(of: $0, hashFunction) }
        guard let digest else { return nil }
        self.hashFunction = hashFunction
        bytes = digest
    }

    private static func parseDigest(_ text: [UInt8]) throws(DTLSFingerprintParseError) -> [UInt8] {
        guard text.count % 3 == 2, text.count <= 3 * 64 else { throw .malformedDigest }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: 3) {
            guard let high = hexValue(text[start]), let low = hexValue(text[start + 1]),
                start + 2 >= text.count || text[start + 2] == UInt8(ascii: ":")
            else { throw .malformedDigest }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func hexValue(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func digest(of certificate: UnsafeRawBufferPointer, _ function: HashFunction) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: Int(JASK_MAX_DIGEST_SIZE))
        let size = jask_digest(function.openSSLName, certificate.baseAddress, certificate.count, &digest)
        return size == function.length ? Array(digest.prefix(size)) : nil
    }

    /// Whether a DER certificate is one that `fingerprints` vouch for: of those with the strongest hash function one
    /// has to be its digest (RFC 8122 §5.1).
    static func matches(_ certificate: UnsafeRawBufferPointer, anyOf fingerprints: [DTLSFingerprint]) -> Bool {
        guard let strongest = fingerprints.map(\.hashFunction).max(), let digest = digest(of: certificate, strongest)
        else { return false }
        return fingerprints.contains { $0.hashFunction == strongest && $0.bytes == digest }
    }
}

extension DTLSFingerprint: CustomStringConvertible {
    /// The form of SDP: "sha-256 AA:BB:…".
    public var description: String {
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        return algorithm + " " + digits.joined(separator: ":")
    }
}
