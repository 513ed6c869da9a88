import DevServer
import Foundation

/// `jask start` as a process of its own, seen through /proc.
final class WorkerProcess {
    static let executable = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build/release/jask").path

    private let process = Process()
    private let state = FileManager.default.temporaryDirectory.appendingPathComponent("jask-bench-\(getpid())").path

    init(server: DevServer) throws {
        process.executableURL = URL(fileURLWithPath: Self.executable)
        process.arguments = ["start", "--url", server.url, "--api-key", "devkey", "--api-secret", "secret"]
        var environment = ProcessInfo.processInfo.environment
        environment["ANTHROPIC_API_KEY"] = nil
        environment["JASK_HEALTH_ENABLED"] = "false"
        environment["JASK_LOG_LEVEL"] = "error"
        environment["JASK_STATE_DIRECTORY"] = state
        process.environment = environment
        try process.run()
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: state)
    }

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
