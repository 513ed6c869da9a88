import Foundation

/// Programs of other projects, as judges of ours.
enum Program {
    static func isThere(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// Starts a program beside the test, without input or output.
    static func start(_ name: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Runs a program to its end.
    /// - Returns: what it wrote to its standard output.
    @discardableResult
    static func run(_ name: String, _ arguments: [String], input: [UInt8] = [], in folder: URL? = nil) throws -> [UInt8]
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.currentDirectoryURL = folder
        let (output, errors) = try (TemporaryFile(), TemporaryFile())
        let source = try TemporaryFile(containing: input)
        process.standardInput = try FileHandle(forReadingFrom: source.url)
        process.standardOutput = try FileHandle(forWritingTo: output.url)
        process.standardError = try FileHandle(forWritingTo: errors.url)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(
                description: "\(name) failed: \(String(decoding: try errors.bytes().suffix(500), as: UTF8.self))")
        }
        return try output.bytes()
    }
}

/// A file that is gone when nobody holds it.
final class TemporaryFile {
    let url: URL

    init(containing bytes: [UInt8] = [], ending: String = "tmp") throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).\(ending)")
        try Data(bytes).write(to: url)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }
}
