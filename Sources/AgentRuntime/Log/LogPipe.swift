import Dispatch
import Foundation
import Synchronization

/// Writes lines to a descriptor on a thread of its own, in order. Whoever logs never waits: while nobody reads, up to a
/// bound of lines wait, and then the newest are left out, counted, and their number is written where they would stand.
public final class LogPipe: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var bytes = 0
        var lost = 0
        var isWriting = false
    }

    private let descriptor: Int32
    private let mostBytes: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "jask.log")

    public init(descriptor: Int32 = STDERR_FILENO, mostBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.mostBytes = mostBytes
        _ = Self.survivesBrokenPipes
    }

    public func write(_ line: [UInt8]) {
        let begins = state.withLock { state in
            guard state.bytes + line.count <= mostBytes else {
                state.lost += 1
                return false
            }
            if state.lost > 0 {
                state.lines.append(Array("… \(state.lost) lines were lost: nobody read them in time\n".utf8))
                state.lost = 0
            }
            state.lines.append(line)
            state.bytes += line.count
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { [self] in drain() } }
    }

    /// Waits until what was written has left, at most so long: for the end of the process.
    public func flush(for limit: Duration = .seconds(1)) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + .milliseconds(Int(limit.wholeMilliseconds)))
    }

    private func drain() {
        while true {
            let next = state.withLock { state -> [UInt8]? in
                guard !state.lines.isEmpty else {
                    state.isWriting = false
                    return nil
                }
                let all = state.lines.flatMap(\.self)
                state.lines.removeAll()
                return all
            }
            guard let next else { return }
            send(next)
            state.withLock { $0.bytes = $0.lines.reduce(0) { $0 + $1.count } }
        }
    }

    /// Writes what can be written: on a full disk, or when the reader is gone, lines are lost, and nothing else.
    private func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// A pipe without a reader is an error of the write, and not the end of the process.
    private static let survivesBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()
}
