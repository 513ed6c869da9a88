import DevServer
import Foundation
import LiveKit

/// The server that rooms are on: a real livekit-server in a process of its own where `JASK_LIVEKIT_SERVER` names one,
/// else our development server in this one.
struct MediaServer: Sendable {
    let name: String
    let url: String
    let key: LiveKit.APIKey
    let secret: String
    private let ours: DevServer?
    private let process: Process?
    private let output: ProcessOutput?

    /// One that another process runs.
    static func running(at url: String, secret: String) throws -> MediaServer {
        MediaServer(
            name: url, url: url, key: try LiveKit.APIKey(name: "devkey", secret: secret), secret: secret, ours: nil,
            process: nil, output: nil)
    }

    /// - Parameters:
    ///   - mayBeReal: whether a real one may take the place of our own.
    ///   - onLine: told of each line that a real one writes, on a thread of the system's.
    static func start(
        mayBeReal: Bool = false, onLine: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> MediaServer {
        if mayBeReal, let executable = ProcessInfo.processInfo.environment["JASK_LIVEKIT_SERVER"] {
            return try await startReal(executable, onLine: onLine)
        }
        var configuration = DevServer.Configuration()
        configuration.port = 0
        configuration.rules.departureTimeout = .milliseconds(200)
        let server = try await DevServer.start(configuration)
        return MediaServer(
            name: "our development server", url: server.url, key: try LiveKit.APIKey(name: "devkey", secret: "secret"),
            secret: "secret", ours: server, process: nil, output: nil)
    }

    private static func startReal(
        _ executable: String, onLine: @escaping @Sendable (String) -> Void
    ) async throws -> MediaServer {
        guard FileManager.default.isExecutableFile(atPath: executable) else {
            throw Failed(reason: "JASK_LIVEKIT_SERVER=\(executable) is not a program")
        }
        let (port, secret) = (Int.random(in: 17000..<27000), "a-secret-of-the-benchmarks-0123456789")
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("jask-bench-livekit-\(port).yaml")
        try """
        port: \(port)
        bind_addresses: ["127.0.0.1"]
        keys: {devkey: \(secret)}
        room: {departure_timeout: 1}
        rtc:
          port_range_start: 50000
          port_range_end: 50400
          tcp_port: 0
          use_external_ip: false
          node_ip: 127.0.0.1
          enable_loopback_candidate: true
          interfaces: {includes: [lo]}
          ips: {includes: [127.0.0.0/8]}
          stun_servers: ["127.0.0.1:3478"]
        """.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = ["--config", file.path]
        let output = ProcessOutput(of: process, ready: "starting LiveKit server", onLine: onLine)
        try process.run()
        // It answers within a second; its workers try again in any case.
        try await Task.sleep(for: .seconds(3))
        guard process.isRunning else { throw Failed(reason: "\(executable) ended with \(process.terminationStatus)") }
        return MediaServer(
            name: "livekit-server", url: "ws://127.0.0.1:\(port)",
            key: try LiveKit.APIKey(name: "devkey", secret: secret), secret: secret, ours: nil, process: process,
            output: output)
    }

    /// Whether it is not our own.
    var isReal: Bool { ours == nil }

    func stop() async {
        await ours?.stop()
        guard let process, process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
