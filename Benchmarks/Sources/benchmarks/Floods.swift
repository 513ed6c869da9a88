import Foundation

extension Benchmark {
    /// What another room on the same event loop, and `/live`, notice of one participant who sends without end. Server,
    /// worker and who floods are processes of their own; `make test` has the same with bounds for busy machines.
    static let floods = Benchmark(name: "floods") {
        let trial = Process()
        trial.executableURL = URL(fileURLWithPath: WorkerProcess.executable)
            .deletingLastPathComponent().appendingPathComponent("FloodPeer")
        trial.arguments = ["trial", WorkerProcess.executable, "4"]
        let output = Pipe()
        trial.standardOutput = output
        try trial.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        trial.waitUntilExit()
        guard trial.terminationStatus == 0 else { throw Failed(reason: text) }
        let lines = text.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count >= 4 }
        return lines.flatMap { fields -> [Measurement] in
            let what = fields[0] == "calm" ? "no flood" : "flood of \(fields[0])"
            return [
                Measurement(
                    what: "\(what): another room's answer, p99", value: Double(fields[1]) ?? .infinity, unit: "ms",
                    comparison: "server alone \(fields[3]) ms", bar: .atMost(100)),
                Measurement(
                    what: "\(what): /live, p99", value: Double(fields[2]) ?? .infinity, unit: "ms", bar: .atMost(250)),
            ]
        }
    }
}
