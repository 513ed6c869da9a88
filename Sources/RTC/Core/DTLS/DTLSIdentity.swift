import COpenSSL

/// An ECDSA P-256 key with its self-signed certificate. One serves any number of connections, from any thread.
public final class DTLSIdentity: Sendable {
    // SSL_CTX is not changed after it was made, and its reference count is atomic.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// The certificate in DER.
    public let certificate: [UInt8]
    /// The certificate's SHA-256 fingerprint, for the session description.
    public let fingerprint: DTLSFingerprint

    private init(owning pointer: OpaquePointer) throws(DTLSError) {
        self.pointer = pointer
        var size = 0
        let bytes = jask_dtls_identity_certificate(pointer, &size)
        let certificate = Array(UnsafeBufferPointer(start: bytes, count: size))
        guard let fingerprint = DTLSFingerprint(of: certificate, hashFunction: .sha256) else {
            jask_dtls_identity_free(pointer)
            throw .library(reason: "no SHA-256")
        }
        self.certificate = certificate
        self.fingerprint = fingerprint
    }

    deinit {
        jask_dtls_identity_free(pointer)
    }

    /// Makes a new key and a certificate that is valid for a year. Takes well below a millisecond.
    public static func generate() throws(DTLSError) -> DTLSIdentity {
        guard let pointer = jask_dtls_identity_new() else { throw .library(reason: "cannot make a certificate") }
        return try DTLSIdentity(owning: pointer)
    }
}
