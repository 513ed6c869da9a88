import Testing

@testable import LiveKit

/// What is said of a failed handshake.
@Suite struct TLSFailureTests {
    @Test("the libraries' reasons stay, their files and numbers go")
    func reasons() {
        let nio =
            "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435581 error:1000007d:SSL "
            + "routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at /b/swift-nio-ssl/ssl/handshake.cc:298]))"
        #expect(TLSFailure.text(nio) == "certificate verify failed")
        #expect(
            TLSFailure.text("OpenSSL/3.0.19: error:0A000086:SSL routines::certificate verify failed")
                == "certificate verify failed")
        #expect(TLSFailure.text("cannot load /etc/ssl/x.pem now") == "cannot load … now")
        #expect(TLSFailure.text("unableToValidateCertificate") == "unableToValidateCertificate")
    }

    @Test(
        "a plain server is called one",
        arguments: [
            "handshakeFailed(… error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at /b/tls_record.cc:127])",
            "error:1000009c:SSL routines:OPENSSL_internal:HTTP_REQUEST at /b/tls_record.cc:120",
            "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number",
        ])
    func plain(description: String) {
        let text = TLSFailure.text(description)
        #expect(text.hasPrefix("the server does not speak TLS on this port (") && text.contains("ws://"), "\(text)")
        #expect(!text.contains("/b/"), "\(text)")
    }
}
