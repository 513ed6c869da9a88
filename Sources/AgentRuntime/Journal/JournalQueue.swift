import Dispatch
import Foundation
import Session
import Synchronization

/// A session's journal off its event loop: entries are written in order on a thread that may wait for the disk.
///
/// All journals share a few such threads, so that a slow disk takes no more of them; a few others read, so that a room
/// that begins waits for no other room's writes. What waits is bounded: see `JournalBacklog`.
public final class JournalQueue: Sendable {
    public let path: String
    /// Leads to the journal of the room that had this one's name before.
    private let index: RoomIndex?
    private let stateDirectory: String
    private let writer: JournalWriter
    private let lanes: JournalLanes
    private let lane: DispatchQueue
    private let state = Mutex(State())

    private struct State {
        var backlog = JournalBacklog(most: mostWaiting)
        /// Each writes one of what waits. Never fewer than wait, so what is done on the lane after them comes after all
        /// that was appended before.
        var jobs = 0
        var isWriting = false
        /// Those that the writer gave up; here, for it may not be asked while it waits for the disk.
        var lostByWriter = 0
        /// The last time at which an assistant was in the room, where the index does not have it yet.
        var aliveAt: Int64?
        /// What is to be done on the lane once the journal was read; nil while nobody reads.
        var afterReading: [@Sendable () -> Void]?
    }

    /// How much is to be done yet for each file.
    private static let unfinished = Mutex<[String: Int]>([:])
    static let mostWaiting = 4096

    /// - Parameters:
    ///   - disk: what the entries are written to.
    ///   - lanes: whose threads that is done on.
    public init(
        path: String, configuration: JournalConfiguration = .init(), disk: JournalDisk = .system,
        lanes: JournalLanes = .shared
    ) {
        self.path = path
        index = nil
        stateDirectory = ""
        writer = JournalWriter(path: path, configuration: configuration, disk: disk)
        self.lanes = lanes
        lane = lanes.writing(path)
    }

    /// The journal of a room, that knows of the room which had its name before.
    public init(
        stateDirectory: String, room: RoomFacts, configuration: JournalConfiguration = .init(),
        disk: JournalDisk = .system, lanes: JournalLanes = .shared
    ) {
        path = Journal.path(stateDirectory: stateDirectory, roomSID: room.sid)
        index = RoomIndex(stateDirectory: stateDirectory, room: room)
        self.stateDirectory = stateDirectory
        writer = JournalWriter(path: path, configuration: configuration, disk: disk)
        self.lanes = lanes
        lane = lanes.writing(path)
    }

    /// Whether nothing is to be done any more for a file.
    static func isIdle(_ path: String) -> Bool { unfinished.withLock { $0[path] == nil } }

    /// Entries that were left out because too many waited.
    public var lost: Int { state.withLock { $0.backlog.lost + $0.lostByWriter } }
    /// Entries that the disk has not taken yet.
    public var waiting: Int { state.withLock { $0.backlog.count + ($0.isWriting ? 1 : 0) } }

    /// Reads what an earlier process left; see `JournalRestore`. What is asked for meanwhile is done after it.
    public func restore(_ done: @escaping @Sendable (JournalRestore) -> Void) {
        state.withLock { $0.afterReading = $0.afterReading ?? [] }
        read(path) { [self] restore in
            guard let index, let earlier = index.earlier() else { return readingDone(restore, done) }
            read(Journal.path(stateDirectory: stateDirectory, roomSID: earlier.sid)) { [self] other in
                var restore = restore
                let entries = other.reading.entries
                if !entries.isEmpty, index.isOfRoom(entries) {
                    restore.predecessor = RoomPredecessor(entries: entries, aliveAt: earlier.alive)
                }
                readingDone(restore, done)
            }
        }
    }

    /// What this process has yet to write of the file comes first; nobody else's does.
    private func read(_ path: String, _ body: @escaping @Sendable (JournalRestore) -> Void) {
        if Self.unfinished.withLock({ $0[path] != nil }) {
            lanes.writing(path).async { body(.begin(path)) }
        } else {
            lanes.reading.addOperation { body(.begin(path)) }
        }
    }

    private func readingDone(_ restore: JournalRestore, _ done: @Sendable (JournalRestore) -> Void) {
        done(restore)
        state.withLock { state in
            for body in state.afterReading ?? [] { lane.async(execute: body) }
            state.afterReading = nil
        }
    }

    /// What was read did no harm: the next process may read it too. From now on the room's name leads to this journal.
    public func restored(at milliseconds: Int64 = 0) {
        readingEnded()
        onLane { [index] in index?.begin(at: milliseconds) }
    }

    /// What was read did no harm, though nothing may have begun with it.
    public func readingEnded() {
        onLane { [self] in
            JournalRestore.end(path)
            guard let earlier = index?.earlier() else { return }
            JournalRestore.end(Journal.path(stateDirectory: stateDirectory, roomSID: earlier.sid))
        }
    }

    /// An assistant is in the room.
    /// - Parameter milliseconds: since 1970.
    public func isAlive(at milliseconds: Int64) {
        let isNew = state.withLock { state in
            defer { state.aliveAt = milliseconds }
            return state.aliveAt == nil
        }
        guard isNew else { return }
        onLane { [self] in
            guard let last = state.withLock({ $0.aliveAt.take() }) else { return }
            index?.isAlive(at: last)
        }
    }

    /// - Parameter done: told when the disk has the entry, or why it has not; `nil` means that it has. Not told of an
    ///   entry that another one stands for, or that is left out.
    public func append(_ entry: JournalEntry, _ done: @escaping @Sendable (JournalError?) -> Void = { _ in }) {
        let wantsJob = state.withLock { state in
            state.backlog.add(.init(entry: entry, done: done))
            guard state.jobs < state.backlog.count else { return false }
            state.jobs += 1
            return true
        }
        if wantsJob { onLane { [self] in writeNext() } }
    }

    private func writeNext() {
        let (loss, item) = state.withLock { state in
            state.jobs -= 1
            let loss = state.backlog.takeLoss()
            let item = state.backlog.popFirst()
            state.isWriting = item != nil
            return (loss, item)
        }
        if let loss { writer.append(loss) }
        guard let item else { return }
        let error = writer.append(item.entry)
        let lost = writer.lost
        state.withLock { ($0.isWriting, $0.lostByWriter) = (false, lost) }
        item.done(error)
    }

    /// Tries again what could not be written; told `nil` when nothing waits any more.
    public func catchUp(_ done: @escaping @Sendable (JournalError?) -> Void) {
        onLane { [writer] in done(writer.isBehind ? writer.catchUp() : nil) }
    }

    /// Writes what waits and closes the file; nobody waits for that.
    public func close() { onLane { [writer] in writer.close() } }

    private func onLane(_ body: @escaping @Sendable () -> Void) {
        Self.unfinished.withLock { $0[path, default: 0] += 1 }
        let counted: @Sendable () -> Void = { [path] in
            body()
            Self.unfinished.withLock { $0[path] = $0[path].flatMap { $0 > 1 ? $0 - 1 : nil } }
        }
        state.withLock { state in
            if state.afterReading != nil { state.afterReading?.append(counted) } else { lane.async(execute: counted) }
        }
    }
}
