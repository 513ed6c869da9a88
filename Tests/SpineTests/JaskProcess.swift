import Foundation
import MachineWatch
import PythonPeers
import Synchronization

/// The built `jask` in a process of its own, with what it logs.
final class JaskProcess: Sendable {
    /// A line of the log and when it was read.
    struct Line: Sendable {
        var at: ContinuousClock.Instant
        var text: String
    }

    /// Beside the test bundle, where the package manager puts both.
    static let executable = path(of: "jask")

    static func path(of name: String) -> String {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent(name).path
        if let beside, FileManager.default.isExecutableFile(atPath: beside) { return beside }
        return PythonPeer.package.appendingPathComponent(".build/debug/\(name)").path
    }

    /// The environment of the tests without what would configure Jask, but for where the models are.
    static let inherited = ProcessInfo.processInfo.environment.filter { name, _ in
        !["JASK_", "LIVEKIT_", "ANTHROPIC_"].contains { name.hasPrefix($0) }
            || ["JASK_MODELS", "JASK_STATE_MODELS_DIRECTORY"].contains(name)
    }

    /// Just before the process was started.
    let began = ContinuousClock.now
    private let process = Process()
    private let log = Mutex<(lines: [Line], rest: [UInt8])>(([], []))

    /// - Parameter environment: added to that of the tests, which lose what would configure Jask.
    /// - Parameters:
    ///   - wrapper: a command that runs the one given to it as its last arguments, in its own place.
    ///   - executable: another one than `jask`.
    init(
        _ arguments: [String], environment: [String: String], wrapper: [String] = [],
        executable: String = JaskProcess.executable
    ) throws {
        let command = wrapper + [executable] + arguments
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = PythonPeer.package
        process.environment = Self.inherited.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        output.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.received(data)
        }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var isRunning: Bool { process.isRunning }
    var lines: [Line] { log.withLock { $0.lines } }
    /// The whole log, for failure messages.
    var text: String { lines.map(\.text).joined(separator: "\n") }

    /// The lines with all of these parts.
    func lines(with parts: String...) -> [Line] {
        lines.filter { line in parts.allSatisfy { line.text.contains($0) } }
    }

    /// The URL of health and metrics, once it is served.
    var healthURL: URL? {
        lines(with: "health and metrics on ").first?.text.components(separatedBy: "metrics on ").last
            .flatMap { URL(string: $0) }
    }

    var identifier: Int32 { process.processIdentifier }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end.
    /// - Returns: the exit status; `nil` if it did not end by itself.
    func status(within seconds: Double) async throws -> Int32? {
        let ended = try await eventually(within: seconds) { self.process.isRunning ? nil : true }
        return ended == true && process.terminationReason == .exit ? process.terminationStatus : nil
    }

    private func received(_ data: Data) {
        let now = ContinuousClock.now
        log.withLock { log in
            log.rest += data
            while let newline = log.rest.firstIndex(of: 10) {
                log.lines.append(Line(at: now, text: String(decoding: log.rest[..<newline], as: UTF8.self)))
                log.rest.removeFirst(newline + 1)
            }
        }
    }
}

/// Waits until the closure gives something; an error counts as nothing. On a busy machine it waits longer: this is to find
/// what hangs. What has a bar is measured.
func eventually<Result: Sendable>(
    within seconds: Double, _ body: () async throws -> Result?
) async throws -> Result? {
    let (machine, began) = (MachineWatch(), ContinuousClock.now)
    repeat {
        if let result = try? await body() { return result }
        try await Task.sleep(for: .milliseconds(20))
    } while ContinuousClock.now - began < machine.allows(.seconds(seconds))
    return nil
}

extension ContinuousClock.Instant {
    /// Seconds from another moment to this one.
    func seconds(since other: ContinuousClock.Instant) -> Double { other.duration(to: self) / .seconds(1) }
}
