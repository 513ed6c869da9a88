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
    /// Leads to the journal of the room that had this one's name before.
    private let index: RoomIndex?
    private let stateDirectory: String
    private let writer: JournalWriter
    private let lane: DispatchQueue
    private let state = Mutex((waiting: 0, dropped: 0))

    private static let lanes = (0..<4).map { DispatchQueue(label: "jask.journal.\($0)", qos: .utility) }
    private static let mostWaiting = 4096

    /// - Parameter disk: what the entries are written to.
    public init(path: String, configuration: JournalConfiguration = .init(), disk: JournalDisk = .system) {
        self.path = path
        index = nil
        stateDirectory = ""
        (writer, lane) = Self.make(path, configuration, disk)
    }

    /// The journal of a room, that knows of the room which had its name before.
    public init(
        stateDirectory: String, room: RoomFacts, configuration: JournalConfiguration = .init(),
        disk: JournalDisk = .system
    ) {
        path = Journal.path(stateDirectory: stateDirectory, roomSID: room.sid)
        index = RoomIndex(stateDirectory: stateDirectory, room: room)
        self.stateDirectory = stateDirectory
        (writer, lane) = Self.make(path, configuration, disk)
    }

    private static func make(
        _ path: String, _ configuration: JournalConfiguration, _ disk: JournalDisk
    ) -> (JournalWriter, DispatchQueue) {
        let writer = JournalWriter(path: path, configuration: configuration, disk: disk)
        let number = path.utf8.reduce(5381) { ($0 &* 33) ^ Int($1) }
        return (writer, lanes[abs(number % lanes.count)])
    }

    /// Entries that were left out because too many waited.
    public var dropped: Int { state.withLock { $0.dropped } }
    /// Entries that the disk has not taken yet.
    public var waiting: Int { state.withLock { $0.waiting } }

    /// Reads what an earlier process left; see `JournalRestore`.
    public func restore(_ done: @escaping @Sendable (JournalRestore) -> Void) {
        lane.async { [self] in
            var restore = JournalRestore.begin(path)
            if let index, let earlier = index.earlier() {
                restore.predecessor = predecessor(earlier, of: index)
            }
            done(restore)
        }
    }

    private func predecessor(_ earlier: RoomIndex.Earlier, of index: RoomIndex) -> RoomPredecessor? {
        let path = Journal.path(stateDirectory: stateDirectory, roomSID: earlier.sid)
        let reading = JournalRestore.begin(path).reading
        guard !reading.entries.isEmpty, index.isOfRoom(reading.entries) else { return nil }
        return RoomPredecessor(entries: reading.entries, aliveAt: earlier.alive)
    }

    /// What was read did no harm: the next process may read it too. From now on the room's name leads to this journal.
    public func restored(at milliseconds: Int64 = 0) {
        readingEnded()
        lane.async { [index] in index?.begin(at: milliseconds) }
    }

    /// What was read did no harm, though nothing may have begun with it.
    public func readingEnded() {
        lane.async { [self] in
            JournalRestore.end(path)
            guard let earlier = index?.earlier() else { return }
            JournalRestore.end(Journal.path(stateDirectory: stateDirectory, roomSID: earlier.sid))
        }
    }

    /// An assistant is in the room.
    /// - Parameter milliseconds: since 1970.
    public func isAlive(at milliseconds: Int64) { lane.async { [index] in index?.isAlive(at: milliseconds) } }

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
    /// What was written about the room that had this one's name before.
    public var predecessor: RoomPredecessor?
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
