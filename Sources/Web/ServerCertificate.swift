import NIOSSL

/// A certificate and its key, for a server that speaks TLS.
public struct ServerCertificate: Sendable {
    let context: NIOSSLContext

    /// Reads PEM files.
    ///
    /// - Parameters:
    ///   - chain: the path of the certificate, with those that vouch for it after it.
    ///   - key: the path of its private key.
    /// - Throws: `WebServerError.unusableCertificate`, which names the file or, where the two do not fit, both.
    public init(chain: String, key: String) throws(WebServerError) {
        let certificates: [NIOSSLCertificate]
        let privateKey: NIOSSLPrivateKey
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(chain)
        } catch {
            throw .unusableCertificate(file: chain, reason: "\(error)")
        }
        do {
            privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw .unusableCertificate(file: key, reason: "\(error)")
        }
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .unusableCertificate(file: "\(chain) with \(key)", reason: "\(error)")
        }
    }
}
