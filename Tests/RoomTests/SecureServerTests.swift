import DevServer
import Foundation
import NIOPosix
import NIOSSL
import Testing
import Web

@testable import LiveKit

/// The development server behind TLS, with a certificate made on the spot.
@Suite(.serialized) struct SecureServerTests {
    private static let openssl = "/usr/bin/openssl"
    static var hasOpenSSL: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

    private func makeCertificate(in folder: URL) throws -> (chain: String, key: String) {
        let (chain, key) = (folder.appending(path: "chain.pem").path, folder.appending(path: "key.pem").path)
        let process = Process()
        process.executableURL = URL(filePath: Self.openssl)
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", chain,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return (chain, key)
    }

    @Test(
        "a client joins over wss, resumes and exchanges data; without trust in the certificate it is told",
        .enabled(if: hasOpenSSL), arguments: [SignalVersion.v1, .v0])
    func joiningOverTLS(version: SignalVersion) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "jask-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (chain, key) = try makeCertificate(in: folder)
        let server = try await startDevServer { $0.certificate = try? ServerCertificate(chain: chain, key: key) }
        try #require(server.url.hasPrefix("wss://") && server.httpURL.hasPrefix("https://"))
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.trustRoots = .file(chain)
        let tls = ClientTLS(trust)
        let group = MultiThreadedEventLoopGroup.singleton
        let clients = try ["left", "right"].map { identity in
            try RoomProbe(server: server, room: "r", identity: .init(identity), over: version, group: group) {
                $0.transport.tls = tls
            }
        }
        for client in clients { try #require(try await client.waitUntilReady(), "\(client.summary)") }
        try await clients[0].room.send(UserData(payload: .init(string: "over TLS"), topic: "t"))
        _ = try await clients[1].wait { _ in clients[1].packets("t").isEmpty ? nil : true }
        #expect(clients[1].packets("t").map(\.text) == ["over TLS"], "\(clients[1].summary)")
        await server.cutSignals(of: "left")
        let resumed = try await clients[0].wait { events in
            events.contains { if case .resumed = $0 { true } else { false } } ? true : nil
        }
        #expect(resumed == true, "\(clients[0].summary)")
        let stranger = try RoomProbe(server: server, room: "r", identity: "stranger", over: version, group: group)
        let told = try await stranger.wait { events in
            events.contains { "\($0)".contains("certificate verify failed") } ? true : nil
        }
        #expect(told == true, "\(stranger.summary)")
        for client in clients + [stranger] { await client.leave() }
        await server.stop()
    }
}
