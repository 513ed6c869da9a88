import Foundation

/// A process that is killed with this value; what it says goes to a file, so that nobody has to keep up with it.
final class Child {
    private let process = Process()
    private let log: URL

    /// - Parameter environment: beside what is inherited; nothing of it that would configure Jask, but for its models.
    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        log = FileManager.default.temporaryDirectory.appendingPathComponent("flood-\(UUID().uuidString).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let output = try FileHandle(forWritingTo: log)
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { name, _ in
            !["JASK_", "LIVEKIT_", "ANTHROPIC_"].contains { name.hasPrefix($0) }
                || ["JASK_MODELS", "JASK_STATE_MODELS_DIRECTORY"].contains(name)
        }.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: log)
    }

    var isRunning: Bool { process.isRunning }

    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// All it has said.
    var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// What follows a word in its output, to the end of the line, once it is there.
    func word(after text: String, within seconds: Double = 15) async throws -> String {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let lines = self.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = lines.first(where: { $0.contains(text) }), let range = line.range(of: text) {
                return String(line[range.upperBound...])
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure(what: "no '\(text)' within \(seconds) s:\n\(self.text.suffix(4000))")
    }

    /// The UDP ports that it has open.
    var ports: [Int] {
        let folder = "/proc/\(process.processIdentifier)"
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd")) ?? []
        let sockets = Set(
            descriptors.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/fd/\($0)") })
        let table = (try? String(contentsOfFile: "\(folder)/net/udp", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, sockets.contains("socket:[\(fields[9])]") else { return nil }
            return fields[1].split(separator: ":").last.flatMap { Int($0, radix: 16) }
        }
    }

    struct Failure: Error, CustomStringConvertible {
        var what: String
        var description: String { what }
    }
}
