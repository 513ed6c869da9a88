import Foundation

/// A worker's process that says when it hears.
protocol Listener {
    /// Whether it has registered, and prepared what it prepares in advance.
    var isReady: Bool { get }
    /// The end of what it wrote, for error messages.
    var lastWords: String { get }
    /// It and the processes that it began.
    var processes: ProcessTree { get }
    func stop()
}

/// The same job on LiveKit Agents, by `../shared/peers/agents_peer.py` in an environment of its own.
struct AgentsPeer {
    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let python: String
    let script: String
    /// The models with which it looks for hands.
    let task: String

    static func find() throws -> AgentsPeer {
        let python = package.appendingPathComponent(".venv-agents/bin/python").path
        let script = package.deletingLastPathComponent().appendingPathComponent("shared/peers/agents_peer.py").path
        guard FileManager.default.fileExists(atPath: script) else { throw Skipped(reason: "there is no \(script)") }
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Skipped(reason: "LiveKit Agents is not installed: scripts/setup agents")
        }
        let task = package.appendingPathComponent(".venv-agents/hand.task").path
        guard FileManager.default.fileExists(atPath: task) else {
            throw Skipped(reason: "LiveKit Agents' hand models are missing: scripts/setup agents")
        }
        return AgentsPeer(python: python, script: script, task: task)
    }

    func start(_ server: MediaServer, hearing: AsyncStream<ContinuousClock.Instant>.Continuation) throws -> any Listener
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [script, "start"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "LIVEKIT_URL": server.url, "LIVEKIT_API_KEY": server.key.name, "LIVEKIT_API_SECRET": server.secret,
            "HAND_TASK": task,
        ]) { $1 }
        // It loads its model in processes of its own, in advance.
        let output = ProcessOutput(of: process, ready: "process initialized") {
            if $0.contains("\"first_audio\"") { hearing.yield(.now) }
        }
        try process.run()
        return Running(process: process, output: output)
    }

    private struct Running: Listener {
        let process: Process
        let output: ProcessOutput
        var isReady: Bool { output.isReady }
        var lastWords: String { output.end }
        var processes: ProcessTree { ProcessTree(root: process.processIdentifier) }

        func stop() {
            // It ends its own processes when told to; but it would wait an hour for a job that does not end.
            process.terminate()
            let late = ContinuousClock.now + .seconds(10)
            while process.isRunning, ContinuousClock.now < late { Thread.sleep(forTimeInterval: 0.1) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
    }
}
