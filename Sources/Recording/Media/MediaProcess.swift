import Foundation
import Synchronization

/// A program that reads or draws media, with its output as it comes: what is not taken yet makes it wait.
final class MediaProcess: Sendable {
    /// The beginning of what it complained of, and how many lines that were in all.
    private struct Complaints {
        var text: [UInt8] = []
        var lines = 0
    }

    private let process: Process
    private let output = Pipe()
    private let complaints = Mutex(Complaints())
    private let closed = DispatchSemaphore(value: 0)

    private static let mostComplaints = 4_096

    /// Starts a program of the path.
    /// - Parameter input: what it reads; nil for nothing.
    init(_ tool: String, _ arguments: [String], input: Data? = nil) throws(MediaError) {
        let process = Process()
        self.process = process
        guard let path = Self.path(of: tool) else { throw .noTool(name: tool) }
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let given = input.map { _ in Pipe() }
        process.standardInput = given ?? FileHandle.nullDevice
        process.standardOutput = output
        let errors = Pipe()
        process.standardError = errors
        errors.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.receive(complaint: data)
        }
        do {
            try process.run()
        } catch {
            errors.fileHandleForReading.readabilityHandler = nil
            throw .notStarted(tool: tool, reason: "\(error.localizedDescription)")
        }
        if let input, let given { Self.write(input, to: given.fileHandleForWriting) }
    }

    /// On a thread of its own: what reads it may write meanwhile, and wait for us.
    private static func write(_ input: Data, to handle: FileHandle) {
        Thread.detachNewThread {
            // A program that ends before it has read all is no reason to end too.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            input.withUnsafeBytes { bytes in
                var sent = 0
                while sent < bytes.count {
                    let count = Foundation.write(
                        handle.fileDescriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                    if count < 0 && errno == EINTR { continue }
                    guard count > 0 else { break }
                    sent += count
                }
            }
            try? handle.close()
        }
    }

    deinit { if process.isRunning { process.terminate() } }

    /// The program's file; nil where the path has none.
    static func path(of tool: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return folders.split(separator: ":").map { "\($0)/\(tool)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program to its end.
    /// - Returns: all that it wrote, its status and what it complained of.
    static func run(
        _ tool: String, _ arguments: [String], input: Data? = nil
    ) throws(MediaError) -> (output: Data, status: Int32, complaints: [String]) {
        let process = try MediaProcess(tool, arguments, input: input)
        var all = Data()
        while true {
            let more = process.read(atMost: 1 << 16)
            if more.isEmpty { break }
            all.append(contentsOf: more)
        }
        let (status, complaints, _) = process.finish()
        return (all, status, complaints)
    }

    /// What comes next; empty at the end.
    func read(atMost count: Int) -> [UInt8] {
        let descriptor = output.fileHandleForReading.fileDescriptor
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var result = 0
            repeat {
                result = Foundation.read(descriptor, buffer.baseAddress, count)
            } while result < 0 && errno == EINTR
            filled = max(result, 0)
        }
    }

    /// Waits for the end, once all output was read.
    /// - Returns: the status, the first lines of what it complained of, and how many there were.
    func finish() -> (status: Int32, complaints: [String], count: Int) {
        process.waitUntilExit()
        // What it started may hold the pipe open.
        _ = closed.wait(timeout: .now() + 2)
        let told = complaints.withLock { $0 }
        let text = String(decoding: told.text, as: UTF8.self)
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        return (process.terminationStatus, lines.filter { !$0.isEmpty }, told.lines)
    }

    func stop() { if process.isRunning { process.terminate() } }

    private func receive(complaint data: Data) {
        complaints.withLock { complaints in
            complaints.lines += data.count { $0 == 10 }
            complaints.text.append(contentsOf: data.prefix(max(Self.mostComplaints - complaints.text.count, 0)))
        }
        if data.isEmpty { closed.signal() }
    }
}
