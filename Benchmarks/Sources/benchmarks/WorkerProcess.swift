import Foundation
import Synchronization

/// `jask start` as a process of its own, seen through /proc.
final class WorkerProcess: Listener {
    static let executable = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build/release/jask").path

    private let process = Process()
    private let output: ProcessOutput?
    private let state = FileManager.default.temporaryDirectory.appendingPathComponent("jask-bench-\(getpid())").path

    /// - Parameter hearing: told of each candidate that is heard for the first time.
    init(server: MediaServer, hearing: AsyncStream<ContinuousClock.Instant>.Continuation? = nil) throws {
        process.executableURL = URL(fileURLWithPath: Self.executable)
        process.arguments = ["start", "--url", server.url, "--api-key", server.key.name, "--api-secret", server.secret]
        // A worker takes every other variable with this prefix for a setting.
        var environment = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("JASK_") || name == "JASK_MODELS"
        }
        environment["ANTHROPIC_API_KEY"] = nil
        environment["JASK_HEALTH_ENABLED"] = "false"
        environment["JASK_LOG_LEVEL"] = hearing == nil ? "error" : "debug"
        environment["JASK_STATE_DIRECTORY"] = state
        process.environment = environment
        let process = process
        output = hearing.map { hearing in
            ProcessOutput(of: process, ready: "registered as") {
                if $0.contains("first sound of") { hearing.yield(.now) }
            }
        }
        try process.run()
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: state)
    }

    var lastWords: String { output?.end ?? "" }
    var isReady: Bool { output?.isReady ?? true }

    var isRunning: Bool { process.isRunning }

    /// User and system time so far.
    var cpuSeconds: Double {
        let fields = read("stat").split(separator: ")").last.map { $0.split(separator: " ") } ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    var residentMegabytes: Double {
        let line = read("status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }

    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count) ?? 0
    }

    private func read(_ file: String) -> String {
        (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/\(file)", encoding: .utf8)) ?? ""
    }
}

/// What a process writes, line by line.
final class ProcessOutput: Sendable {
    private let pipe = Pipe()
    private let lines = Mutex<(rest: Data, last: [String], isReady: Bool)>((Data(), [], false))
    private let ready: String

    /// Before the process runs.
    /// - Parameters:
    ///   - ready: what a line says that it has once it has prepared itself.
    ///   - onLine: called on a thread of the system's.
    init(of process: Process, ready: String, onLine: @escaping @Sendable (String) -> Void) {
        self.ready = ready
        process.standardOutput = pipe
        process.standardError = pipe
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            guard !data.isEmpty else { return handle.readabilityHandler = nil }
            for line in self?.take(data) ?? [] { onLine(line) }
        }
    }

    /// The last lines.
    var end: String { lines.withLock { $0.last.joined(separator: " | ") } }

    /// Whether it has said that it is ready.
    var isReady: Bool { lines.withLock { $0.isReady } }

    private func take(_ data: Data) -> [String] {
        lines.withLock { lines in
            lines.rest += data
            var whole: [String] = []
            while let end = lines.rest.firstIndex(of: UInt8(ascii: "\n")) {
                whole.append(String(decoding: lines.rest[..<end], as: UTF8.self))
                lines.rest = Data(lines.rest[lines.rest.index(after: end)...])
            }
            lines.last = (lines.last + whole.map { String($0.prefix(200)) }).suffix(5)
            if whole.contains(where: { $0.contains(ready) }) { lines.isReady = true }
            return whole
        }
    }
}
