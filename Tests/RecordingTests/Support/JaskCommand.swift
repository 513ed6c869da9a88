import Foundation

/// `jask` as it is built beside the tests, as a process.
enum JaskCommand {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String

        var objects: [[String: Any]] {
            output.split(separator: "\n").map {
                (try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) ?? [:]
            }
        }
    }

    /// Not started yet.
    static func process(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
        let process = Process()
        process.executableURL = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("jask")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("JASK_") || ["JASK_MODELS", "JASK_STATE_MODELS_DIRECTORY"].contains(name)
        }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        let process = try process(arguments, environment: environment)
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // What it complains of fits into a pipe.
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaints = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaints, as: UTF8.self))
    }
}
