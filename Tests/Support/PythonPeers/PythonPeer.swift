import Foundation
import Synchronization

/// A Python program of `Tests/Interop` or `Tests/Browser` in a process of its own, with the JSON lines that it prints.
public final class PythonPeer: Sendable {
    /// One line: a JSON object.
    public typealias Line = [String: JSONField]

    /// The package's folder, from this file's place in it.
    public static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let interpreter = package.appendingPathComponent(".venv/bin/python").path

    /// Where a package of the environment lies, whether it is there or not.
    public static func place(of name: String) -> String {
        let libraries = package.appendingPathComponent(".venv/lib")
        let pythons = (try? FileManager.default.contentsOfDirectory(atPath: libraries.path)) ?? []
        return libraries.appendingPathComponent(pythons.first ?? "python3").path + "/site-packages/\(name)"
    }

    /// Whether the peers' environment is there; `make test` makes it. Say so where a test is skipped without it.
    public static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: interpreter) }

    private let process: Process
    private let input = Pipe()
    private let state = Mutex<(lines: [Line], rest: Data, errors: Data)>(([], Data(), Data()))

    /// Starts a program of `Tests/Interop`, or of another folder.
    public init(_ script: String, _ arguments: [String], in folder: String = "Tests/Interop") throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.interpreter)
        process.arguments = [Self.package.appendingPathComponent("\(folder)/\(script)").path] + arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        output.fileHandleForReading.readabilityHandler = { [weak self] handle in self?.received(handle.availableData) }
        errors.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            self?.state.withLock { $0.errors.append(data) }
        }
        try process.run()
    }

    deinit {
        terminate()
    }

    /// Everything printed so far.
    public var lines: [Line] { state.withLock { $0.lines } }

    /// What went to standard error, for failure messages.
    public var errors: String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }

    /// The lines of one event.
    public func lines(_ event: String) -> [Line] { lines.filter { $0["event"]?.text == event } }

    /// Waits until `condition` gives a value.
    public func wait<Value>(_ seconds: Double, for condition: (PythonPeer) -> Value?) async throws -> Value? {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end, process.isRunning {
            if let value = condition(self) { return value }
            try await Task.sleep(for: .milliseconds(20))
        }
        try await Task.sleep(for: .milliseconds(100))
        return condition(self)
    }

    /// Writes a line to the program.
    public func write(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Waits for the program's end; kills it when it takes longer.
    /// - Returns: its status; `nil` if it had to be killed.
    public func finish(within seconds: Double) async throws -> Int32? {
        let end = Date().addingTimeInterval(seconds)
        while process.isRunning, Date() < end { try await Task.sleep(for: .milliseconds(20)) }
        guard !process.isRunning else {
            terminate()
            return nil
        }
        return process.terminationStatus
    }

    /// Ends the program where it is.
    public func terminate() {
        // SIGTERM would wait for ever: what a task starts has it blocked, as threads of queues have.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    private func received(_ data: Data) {
        state.withLock { state in
            state.rest.append(data)
            while let newline = state.rest.firstIndex(of: 10) {
                let line = Data(state.rest[state.rest.startIndex..<newline])
                state.rest = Data(state.rest[state.rest.index(after: newline)...])
                if let parsed = try? JSONDecoder().decode(Line.self, from: line) { state.lines.append(parsed) }
            }
        }
    }
}

/// A value of a JSON object.
public enum JSONField: Decodable, Sendable, Hashable {
    case string(String)
    case number(Double)
    case bool(Bool)
    case array([JSONField])
    case object([String: JSONField])
    case null

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONField].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONField].self))
        }
    }

    public var text: String? { if case .string(let text) = self { text } else { nil } }
    public var number: Double? { if case .number(let number) = self { number } else { nil } }
    public var array: [JSONField]? { if case .array(let array) = self { array } else { nil } }
    public subscript(key: String) -> JSONField? { if case .object(let fields) = self { fields[key] } else { nil } }

    /// The value that a text holds as JSON.
    public static func parsing(_ text: String) -> JSONField? {
        try? JSONDecoder().decode(JSONField.self, from: Data(text.utf8))
    }
}
