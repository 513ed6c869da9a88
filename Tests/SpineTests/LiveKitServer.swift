import Foundation
import Synchronization

/// A real livekit-server in a process of its own, on loopback.
///
/// There is no Debian package of it, so its place comes from `JASK_LIVEKIT_SERVER`; without it the tests that need one
/// are skipped.
final class LiveKitServer: Sendable {
    static let executable = ProcessInfo.processInfo.environment["JASK_LIVEKIT_SERVER"]
    static let isThere = executable.map { FileManager.default.isExecutableFile(atPath: $0) } ?? false
    static let missing =
        executable.map { "JASK_LIVEKIT_SERVER=\($0) is not a program" }
        ?? "needs JASK_LIVEKIT_SERVER, the path of a livekit-server"

    static let secret = "a-secret-of-the-tests-0123456789abcdef"
    let port: Int
    private let folder: URL
    private let process = Mutex<Process?>(nil)

    init() throws {
        port = Int.random(in: 17000..<27000)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("jask-livekit-\(port)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // Nothing answers as STUN server: everything is on this machine.
        let configuration = """
            port: \(port)
            bind_addresses: ["127.0.0.1"]
            keys: {devkey: \(Self.secret)}
            room: {departure_timeout: 4}
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
            """
        try configuration.write(to: configurationFile, atomically: true, encoding: .utf8)
    }

    deinit { kill() }

    var url: String { "ws://127.0.0.1:\(port)" }
    private var configurationFile: URL { folder.appendingPathComponent("livekit.yaml") }
    private var logFile: URL { folder.appendingPathComponent("log") }

    /// The end of what it logged, without the calls of its API, for failure messages.
    var log: String {
        let text = (try? String(contentsOf: logFile, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").filter { !$0.contains("livekit.api") }
        return lines.suffix(30).map { String($0.prefix(300)) }.joined(separator: "\n")
    }

    /// Starts it, and waits until it answers.
    func start() async throws {
        let new = Process()
        new.executableURL = URL(fileURLWithPath: Self.executable ?? "")
        new.arguments = ["--config", configurationFile.path]
        if !FileManager.default.fileExists(atPath: logFile.path) {
            try Data().write(to: logFile)
        }
        let log = try FileHandle(forWritingTo: logFile)
        try log.seekToEnd()
        new.standardOutput = log
        new.standardError = log
        try new.run()
        process.withLock { $0 = new }
        guard let url = URL(string: "http://127.0.0.1:\(port)/") else { throw CocoaError(.fileNoSuchFile) }
        let answers = try await eventually(within: 10) { try await Stage.get(url).status == 200 ? true : nil }
        guard answers == true else { throw Unanswered(log: self.log) }
    }

    /// Ends it without a word to anybody.
    func kill() {
        process.withLock { process in
            if let process, process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
            process?.waitUntilExit()
            process = nil
        }
    }

    struct Unanswered: Error {
        var log: String
    }
}
