import AgentRuntime
import Foundation

/// Writes the log to standard error: a line, or a JSON object, an entry.
struct Log: Sendable {
    var minimum: WorkerConfiguration.LogLevel
    var isJSON: Bool

    func callAsFunction(_ level: Telemetry.Level, _ text: String) {
        let levels = WorkerConfiguration.LogLevel.allCases
        guard let at = levels.firstIndex(of: level), let least = levels.firstIndex(of: minimum), at >= least else {
            return
        }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        var line = "\(time) \(level.rawValue) \(text)"
        if isJSON, let encoded = try? JSONEncoder().encode(["time": time, "level": level.rawValue, "message": text]) {
            line = String(decoding: encoded, as: UTF8.self)
        }
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
