import Foundation

/// `jask start` as a process of its own, seen through /proc.
final class WorkerProcess: Listener {
    static let executable = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build/release/jask").path

    private let process = Process()
    private let output: ProcessOutput?
    private let state = FileManager.default.temporaryDirectory.appendingPathComponent("jask-bench-\(getpid())").path

    /// - Parameters:
    ///   - hearing: told of each candidate that is heard for the first time.
    ///   - settings: other than what is built in, as environment variables.
    init(
        server: MediaServer, hearing: AsyncStream<ContinuousClock.Instant>.Continuation? = nil,
        settings: [String: String] = [:]
    ) throws {
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
        process.environment = environment.merging(settings) { $1 }
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

    var processes: ProcessTree { ProcessTree(root: process.processIdentifier) }

    /// User and system time so far.
    var cpuSeconds: Double { processes.cpuSeconds.values.reduce(0, +) }

    var residentMegabytes: Double {
        let line = processes.read("status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }

    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count) ?? 0
    }
}
