import Foundation

/// `Tests/Interop/aiortc_peer.py` as a process of its own, spoken to in JSON lines.
final class AiortcProcess: @unchecked Sendable {
    /// What the peer says.
    struct Event: Decodable, Sendable {
        var event: String
        var sdp: String?
        var state: String?
        var label: String?
        var messages: Int?
        var wrong: Int?
        var frequency: Double?
        var share: Double?
        var rms: Double?
    }

    struct Silence: Error, CustomStringConvertible {
        var event: String
        var seen: [String]
        var description: String { "the aiortc peer never said '\(event)'; it said \(seen)" }
    }

    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let python = package.appendingPathComponent(".venv/bin/python")

    /// Whether the project's Python environment is there; `scripts/setup python` makes it.
    static let isAvailable = FileManager.default.isExecutableFile(atPath: python.path)
    static let whyNot = "no .venv with aiortc: scripts/setup python makes it"

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let lock = NSLock()
    private var events: [Event] = []
    private var isEnded = false

    init(_ arguments: [String]) throws {
        process.executableURL = Self.python
        process.arguments = [Self.package.appendingPathComponent("Tests/Interop/aiortc_peer.py").path] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        Thread.detachNewThread { [self] in read() }
    }

    deinit { end() }

    private func read() {
        var rest = Data()
        while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
            rest.append(data)
            while let newline = rest.firstIndex(of: 10) {
                let event = try? JSONDecoder().decode(Event.self, from: rest[rest.startIndex..<newline])
                rest = Data(rest[(newline + 1)...])
                if let event { lock.withLock { events.append(event) } }
            }
        }
        lock.withLock { isEnded = true }
    }

    func say(_ command: [String: String]) throws { try write(JSONEncoder().encode(command)) }

    func load(messages: Int, size: Int) throws {
        try write(Data(#"{"do":"load","messages":\#(messages),"size":\#(size)}"#.utf8))
    }

    private func write(_ line: Data) throws { try input.fileHandleForWriting.write(contentsOf: line + [10]) }

    /// Waits for the first event of a kind that fits.
    func event(
        _ name: String, within limit: Duration = .seconds(20), where fits: (Event) -> Bool = { _ in true }
    ) async throws -> Event {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            let (found, ended) = lock.withLock { (events.first { $0.event == name && fits($0) }, isEnded) }
            if let found { return found }
            if ended { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Silence(event: name, seen: lock.withLock { events.map(\.event) })
    }

    /// Kills the peer: it has nothing to keep, and one that stays would hold the test runner's output open.
    func end() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
}
