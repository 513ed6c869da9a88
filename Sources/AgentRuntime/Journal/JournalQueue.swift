import Dispatch
import Foundation
import Session
import Synchronization

/// A session's journal off its event loop: entries are written in order on a thread that may wait for the disk.
///
/// All journals share a few such threads, so that a slow disk takes no more of them. What waits is bounded: beyond it
/// entries that no restart needs are left out and counted.
public final class JournalQueue: Sendable {
    public let path: String
    private let writer: JournalWriter
    private let lane: DispatchQueue
    private let state = Mutex((waiting: 0, dropped: 0))

    private static let lanes = (0..<4).map { DispatchQueue(label: "jask.journal.\($0)", qos: .utility) }
    private static let mostWaiting = 4096

    public init(path: String, configuration: JournalConfiguration = .init(), disk: JournalDisk = .system) {
        self.path = path
        writer = JournalWriter(path: path, configuration: configuration, disk: disk)
        let number = path.utf8.reduce(5381) { ($0 &* 33) ^ Int($1) }
        lane = Self.lanes[abs(number % Self.lanes.count)]
    }

    /// Entries that were left out because too many waited.
    public var dropped: Int { state.withLock { $0.dropped } }
    /// Entries that the disk has not taken yet.
    public var waiting: Int { state.withLock { $0.waiting } }

    /// Reads what an earlier process left; see `JournalRestore`.
    public func restore(_ done: @escaping @Sendable (JournalRestore) -> Void) {
        lane.async { [path] in done(JournalRestore.begin(path)) }
    }

    /// What was read did no harm: the next process may read it too.
    public func restored() { lane.async { [path] in JournalRestore.end(path) } }

    /// - Parameter done: told when the disk has the entry, or why it has not; `nil` means that it has.
    public func append(_ entry: JournalEntry, _ done: @escaping @Sendable (JournalError?) -> Void = { _ in }) {
        let isTaken = state.withLock { state in
            if state.waiting >= Self.mostWaiting, !entry.isForRestart {
                state.dropped += 1
                return false
            }
            state.waiting += 1
            return true
        }
        guard isTaken else { return }
        lane.async { [self] in
            let error = writer.append(entry)
            state.withLock { $0.waiting -= 1 }
            done(error)
        }
    }

    /// Tries again what could not be written; told `nil` when nothing waits any more.
    public func catchUp(_ done: @escaping @Sendable (JournalError?) -> Void) {
        lane.async { [writer] in done(writer.isBehind ? writer.catchUp() : nil) }
    }

    /// Writes what waits and closes the file; nobody waits for that.
    public func close() { lane.async { [writer] in writer.close() } }
}

/// What is read of an earlier process's journal, and a guard against one that ends the process which reads it.
///
/// While a journal is taken up, a file beside it says so. One that twice did not get through that is set aside under
/// another name, and the session begins anew.
public struct JournalRestore: Sendable, Hashable {
    public var reading = JournalReading()
    public var error: JournalError?
    /// Where the journal was put that ended two processes.
    public var setAside: String?

    private static let mostTries = 2

    static func begin(_ path: String) -> JournalRestore {
        var restore = JournalRestore()
        guard FileManager.default.fileExists(atPath: path) else { return restore }
        let mark = path + ".reading"
        let tries = (try? String(contentsOfFile: mark, encoding: .utf8)).flatMap { Int($0.prefix(4)) } ?? 0
        if tries >= mostTries {
            let aside = path + ".bad-\(Int(Date().timeIntervalSince1970))"
            if rename(path, aside) == 0 { restore.setAside = aside }
            unlink(mark)
            return restore
        }
        // Where it cannot be made, there is no guard; the journal is of more use.
        _ = FileManager.default.createFile(
            atPath: mark, contents: Data("\(tries + 1)".utf8), attributes: [.posixPermissions: 0o600])
        do {
            restore.reading = try Journal.read(path)
        } catch {
            restore.error = error
        }
        return restore
    }

    static func end(_ path: String) { unlink(path + ".reading") }
}
