import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import LiveKit

/// `wss` and `https` against a server with a certificate made on the spot.
struct TLSTests {
    private static let openssl = "/usr/bin/openssl"
    static var hasOpenSSL: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

    private func makeCertificate() throws -> (certificate: String, key: String, folder: URL) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jask-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.openssl)
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out",
            certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return (certificate, key, folder)
    }

    @Test("a trusted certificate is accepted, an unknown one is an error", .enabled(if: hasOpenSSL))
    func certificates() async throws {
        let (certificate, key, folder) = try makeCertificate()
        defer { try? FileManager.default.removeItem(at: folder) }
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
        let server = try await RawServer(
            tls: context, respond: { .upgrade($0, frames: RawServer.frame(2, Array("secret".utf8))) })
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var configuration = TransportConfiguration()
        configuration.tls.trustRoots = .file(certificate)
        for host in ["127.0.0.1", "localhost"] {
            let url = try ServerURL("wss://\(host):\(try server.url.port)")
            let request = WebSocketRequest(server: url, target: "/rtc", token: AccessToken(jwt: "t"))
            let events = Events<WebSocketEvent>()
            let socket = try await WebSocket.connect(
                request, on: loop, configuration: configuration, onEvent: events.send
            ).get()
            guard case .message(let bytes, true)? = try await events.collect(until: { _ in true }).first else {
                Issue.record("no message")
                return
            }
            #expect(String(buffer: bytes) == "secret")
            socket.abort()
            await #expect {
                try await WebSocket.connect(request, on: loop, onEvent: { _ in }).get()
            } throws: { error in
                if case .tls? = error as? TransportError { true } else { false }
            }
        }
        try await server.stop()
    }
}
