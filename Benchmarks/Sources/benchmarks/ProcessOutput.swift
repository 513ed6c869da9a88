import Foundation
import Synchronization

/// What a process writes, line by line.
final class ProcessOutput: Sendable {
    private let pipe = Pipe()
    private let lines = Mutex<(rest: Data, last: [String], isReady: Bool)>((Data(), [], false))
    private let ready: String

    /// Before the process runs.
    /// - Parameters:
    ///   - ready: what a line says that it has once it has prepared itself.
    ///   - onLine: called on a thread of the system's.
    init(of process: Process, ready: String, onLine: @escaping @Sendable (String) -> Void) {
        self.ready = ready
        process.standardOutput = pipe
        process.standardError = pipe
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            guard !data.isEmpty else { return handle.readabilityHandler = nil }
            for line in self?.take(data) ?? [] { onLine(line) }
        }
    }

    /// The last lines.
    var end: String { lines.withLock { $0.last.joined(separator: " | ") } }

    /// Whether it has said that it is ready.
    var isReady: Bool { lines.withLock { $0.isReady } }

    private func take(_ data: Data) -> [String] {
        lines.withLock { lines in
            lines.rest += data
            var whole: [String] = []
            while let end = lines.rest.firstIndex(of: UInt8(ascii: "\n")) {
                whole.append(String(decoding: lines.rest[..<end], as: UTF8.self))
                lines.rest = Data(lines.rest[lines.rest.index(after: end)...])
            }
            lines.last = (lines.last + whole.map { String($0.prefix(200)) }).suffix(5)
            if whole.contains(where: { $0.contains(ready) }) { lines.isReady = true }
            return whole
        }
    }
}
