import Foundation
import Glibc

/// Programs of other projects, as judges of ours. Foundation's `Process` is not used: it leaks, and leaks are looked for
/// here.
enum Program {
    static func isThere(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// A program that runs beside the test.
    struct Running {
        fileprivate var process: pid_t

        func end() {
            kill(process, SIGTERM)
            wait()
        }

        /// - Returns: whether it ended well.
        @discardableResult
        fileprivate func wait() -> Bool {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            return status == 0
        }
    }

    /// Starts a program beside the test, without input or output.
    static func start(_ name: String, _ arguments: [String]) throws -> Running {
        try spawn(name, arguments, paths: ["/dev/null", "/dev/null", "/dev/null"], in: nil)
    }

    /// Runs a program to its end.
    /// - Returns: what it wrote to its standard output.
    @discardableResult
    static func run(_ name: String, _ arguments: [String], input: [UInt8] = [], in folder: URL? = nil) throws -> [UInt8]
    {
        let files = try [TemporaryFile(containing: input), TemporaryFile(), TemporaryFile()]
        let running = try spawn(name, arguments, paths: files.map(\.url.path), in: folder)
        guard running.wait() else {
            let end = String(decoding: try files[2].bytes().suffix(500), as: UTF8.self)
            throw Failed(description: "\(name) failed: \(end)")
        }
        return try files[1].bytes()
    }

    /// - Parameter paths: of the files for standard input, output and errors.
    private static func spawn(_ name: String, _ arguments: [String], paths: [String], in folder: URL?) throws -> Running
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, path) in paths.enumerated() {
            let flags = descriptor == 0 ? O_RDONLY : O_WRONLY
            posix_spawn_file_actions_addopen(&actions, Int32(descriptor), path, flags, 0)
        }
        let placed = ["env"] + (folder.map { ["--chdir", $0.path] } ?? []) + [name] + arguments
        let words: [UnsafeMutablePointer<CChar>?] = placed.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        guard posix_spawnp(&process, "env", &actions, nil, words, environ) == 0 else {
            throw Failed(description: "\(name) could not be started")
        }
        return Running(process: process)
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

    func bytes() throws -> [UInt8] { try Self.bytes(of: url) }

    /// Foundation leaks where a file is empty.
    static func bytes(of url: URL) throws -> [UInt8] {
        guard let file = fopen(url.path, "r") else { throw Program.Failed(description: "no file \(url.path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece.prefix(count) }
        return bytes
    }
}
