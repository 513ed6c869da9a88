import Foundation
import NIOSSL

/// A certificate for `localhost` and `127.0.0.1`, made on the spot by the `openssl` command; its files go with it.
public final class SelfSigned: Sendable {
    private static let command = "/usr/bin/openssl"
    public static var canBeMade: Bool { FileManager.default.isExecutableFile(atPath: command) }

    struct NotMade: Error {
        var status: Int32
    }

    /// PEM.
    public let certificate: String
    private let key: String
    private let folder: URL

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("jask-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("cert.pem").path
        key = folder.appendingPathComponent("key.pem").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.command)
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out",
            certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NotMade(status: process.terminationStatus) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// For a server that shows it.
    public func serverContext() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
    }

    /// For a client that trusts it and nobody else.
    public var trusting: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificate)
        return configuration
    }
}
