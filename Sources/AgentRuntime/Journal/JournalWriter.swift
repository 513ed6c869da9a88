import Dispatch
import Foundation
import Session
import Synchronization

/// Appends to one session's journal, one JSON object a line, each by one write.
///
/// A full disk or a lost folder is counted and reported, never thrown: the session goes on. What a restart needs waits
/// meanwhile, and is written before the next entry that can be. Safe to use from any thread; entries are written in the
/// order of the calls.
public final class JournalWriter: Sendable {
    public let path: String
    public let configuration: JournalConfiguration
    private let state: Mutex<State>
    private let disk: JournalDisk
    /// Shared, so that a slow disk takes one thread and not one a room.
    private static let syncLane = DispatchQueue(label: "jask.journal.sync", qos: .utility)
    private let syncQueue = DispatchQueue(label: "jask.journal.sync.room", target: syncLane)

    /// Entries that wait for a disk with room.
    private static let mostWaiting = 1000

    private struct State {
        var descriptor: Int32 = -1
        var bytes = 0
        /// Bytes after which the file is written anew.
        var limit: Int
        /// A part of a line was written: the next write must end it first.
        var isTorn = false
        var waiting = JournalBacklog(most: mostWaiting)
        var failures = 0
        var lastFailure: JournalError?
        var isClosed = false
        /// The disk is to be told soon: it is told of all that was written by then.
        var isSyncDue = false
    }

    public init(path: String, configuration: JournalConfiguration = .init(), disk: JournalDisk = .system) {
        self.path = path
        self.disk = disk
        self.configuration = configuration
        state = Mutex(State(limit: configuration.maximumBytes))
    }

    deinit {
        // Without waiting for `syncQueue`: the last reference may go on that queue, which would wait for itself.
        catchUp()
        finish()
    }

    /// How many entries could not be written when they came.
    public var failures: Int { state.withLock { $0.failures } }
    public var lastFailure: JournalError? { state.withLock { $0.lastFailure } }
    /// Entries that a restart needs and that were given up, because too many waited.
    public var lost: Int { state.withLock { $0.waiting.lost } }
    /// Whether entries wait for a disk with room.
    public var isBehind: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Writes one entry.
    /// - Returns: nil when it is written, else why not.
    @discardableResult
    public func append(_ entry: JournalEntry) -> JournalError? {
        state.withLock { state in
            do throws(JournalError) {
                try writeWaiting(&state)
                try write(entry, &state)
                if state.bytes > state.limit { compact(&state) }
                return nil
            } catch {
                state.failures += 1
                state.lastFailure = error
                if entry.isForRestart, !state.isClosed { state.waiting.add(.init(entry: entry)) }
                return error
            }
        }
    }

    /// Writes what waits.
    /// - Returns: nil when nothing waits any more, else why not.
    @discardableResult
    public func catchUp() -> JournalError? {
        state.withLock { state in
            do throws(JournalError) {
                try writeWaiting(&state)
                return nil
            } catch {
                state.lastFailure = error
                return error
            }
        }
    }

    /// Waits until the disk has what was written, and closes the file. Entries after it are refused.
    public func close() {
        // Once: the last reference may be given up on an event loop, which is not to wait for another room's disk.
        guard state.withLock({ !$0.isClosed }) else { return }
        catchUp()
        syncQueue.sync {}
        finish()
    }

    private func finish() {
        state.withLock { state in
            state.isClosed = true
            guard state.descriptor >= 0 else { return }
            if configuration.sync != .never { disk.sync(state.descriptor) }
            Glibc.close(state.descriptor)
            state.descriptor = -1
        }
    }

    // MARK: The file

    private func writeWaiting(_ state: inout State) throws(JournalError) {
        while let entry = state.waiting.first {
            try write(entry, &state)
            state.waiting.removeFirst()
        }
    }

    private func write(_ entry: JournalEntry, _ state: inout State) throws(JournalError) {
        try open(&state)
        let line = entry.line
        try write(state.isTorn ? [UInt8(ascii: "\n")] + line : line, &state)
        sync(&state, after: entry)
    }

    private func open(_ state: inout State) throws(JournalError) {
        if state.isClosed { throw .unwritable(path: path, reason: "it is closed") }
        guard state.descriptor < 0 else { return }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try? FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        state.descriptor = descriptor
        let size = lseek(descriptor, 0, SEEK_END)
        state.bytes = max(0, Int(size))
        // An earlier process may have died within a line.
        var last: UInt8 = UInt8(ascii: "\n")
        if size > 0, pread(descriptor, &last, 1, size - 1) == 1 { state.isTorn = last != UInt8(ascii: "\n") }
    }

    private func write(_ bytes: [UInt8], _ state: inout State) throws(JournalError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { disk.write(state.descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure()
                // What was written of the line is no line: the next one begins behind an end of its own.
                if written > 0 { state.isTorn = true }
                // The file may be gone or on a disk that came back: look anew the next time.
                Glibc.close(state.descriptor)
                state.descriptor = -1
                throw error
            }
            written += count
            state.bytes += count
        }
        state.isTorn = false
    }

    private func failure() -> JournalError {
        .unwritable(path: path, reason: String(cString: strerror(errno)))
    }

    private func sync(_ state: inout State, after entry: JournalEntry) {
        switch configuration.sync {
        case .always: disk.sync(state.descriptor)
        case .important where entry.isImportant:
            // Not on the caller's time. A duplicate, so that it outlives a file that is written anew meanwhile.
            guard !state.isSyncDue else { return }
            let copy = dup(state.descriptor)
            guard copy >= 0 else { return }
            state.isSyncDue = true
            syncQueue.async { [disk, weak self] in
                self?.state.withLock { $0.isSyncDue = false }
                disk.sync(copy)
                Glibc.close(copy)
            }
        case .important, .never: break
        }
    }

    /// Writes the file anew with what a restart needs, beside the old one, and puts it in its place at once.
    private func compact(_ state: inout State) {
        // Should it not become smaller, the next try comes only when as much again was written.
        state.limit = state.bytes + configuration.maximumBytes
        guard let reading = try? Journal.read(path) else { return }
        let bytes = SessionHistory(reading.entries).entries.flatMap(\.line)
        let fresh = path + ".new"
        let descriptor = Glibc.open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        var compacted = State(descriptor: descriptor, limit: 0)
        do throws(JournalError) {
            try write(bytes, &compacted)
        } catch {
            unlink(fresh)
            return
        }
        disk.sync(descriptor)
        guard rename(fresh, path) == 0 else {
            Glibc.close(descriptor)
            unlink(fresh)
            return
        }
        Glibc.close(state.descriptor)
        state.descriptor = descriptor
        state.bytes = bytes.count
        state.limit = max(configuration.maximumBytes, bytes.count * 2)
    }
}
