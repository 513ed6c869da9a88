import AgentRuntime
import Coach
import Foundation
import Settings

/// Writes the log to standard error: a line, or a JSON object, an entry.
struct Log: Sendable {
    var minimum: LogLevel
    var isJSON: Bool

    func callAsFunction(_ level: Telemetry.Level, _ text: String) {
        let levels = LogLevel.allCases
        guard let at = levels.firstIndex(of: level), let least = levels.firstIndex(of: minimum), at >= least else {
            return
        }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        var line = "\(time) \(level.rawValue) \(Self.shown(text))"
        if isJSON, let encoded = try? JSONEncoder().encode(["time": time, "level": level.rawValue, "message": text]) {
            line = String(decoding: encoded, as: UTF8.self)
        }
        Self.write(Array((line + "\n").utf8))
    }

    /// Names, paths and topics come from the rooms: nothing of them begins a line of its own or steers a terminal.
    static func shown(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { Neutraliser.neutralise(String($0)).text }
            .joined(separator: "\n    ")
    }

    /// Writes what can be written: on a full disk, or when the reader is gone, lines are lost, and nothing else.
    private static func write(_ bytes: [UInt8]) {
        _ = survivesBrokenPipes
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// A pipe without a reader is an error of the write, and not the end of the process.
    private static let survivesBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()
}
