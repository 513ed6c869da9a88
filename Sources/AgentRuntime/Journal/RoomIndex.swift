import Coach
import Foundation
import SansIO
import Session

/// Which journal belongs to the room that has a name now, and which to the one that had it before.
///
/// Journals are named by a room's sid, which is another one after the server was restarted. A small file for each name,
/// `<state directory>/rooms/<fingerprint of the name>.json`, leads from the name to the sids. When it was last changed
/// says when an assistant was last in the room.
struct RoomIndex: Sendable {
    let path: String
    private let room: RoomFacts

    init(stateDirectory: String, room: RoomFacts) {
        path = "\(stateDirectory)/rooms/\(Fingerprint.of(room.name.text)).json"
        self.room = room
    }

    /// An earlier room of the name.
    struct Earlier: Codable, Hashable {
        var sid: String
        /// When an assistant was last in it, in milliseconds since 1970.
        var alive: Int64
    }

    private struct Record: Codable {
        /// Two names may have one fingerprint.
        var name: RoomName
        var sid: String
        var before: Earlier?
    }

    private static let largestFile = 16_384

    /// The room that had the name before; nil where none is known.
    func earlier() -> Earlier? {
        guard let record = read() else { return nil }
        if record.sid == room.sid { return record.before }
        guard let alive = modified() else { return nil }
        return Earlier(sid: record.sid, alive: alive)
    }

    /// The name belongs to this room from now on.
    /// - Parameter milliseconds: since 1970.
    func begin(at milliseconds: Int64) {
        if read()?.sid != room.sid { write(Record(name: room.name, sid: room.sid, before: earlier())) }
        isAlive(at: milliseconds)
    }

    /// An assistant is in the room; nothing where the name belongs to another one by now.
    /// - Parameter milliseconds: since 1970.
    func isAlive(at milliseconds: Int64) {
        guard read()?.sid == room.sid else { return }
        try? FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(milliseconds) / 1000)], ofItemAtPath: path)
    }

    /// Whether a journal is of a room of this name.
    func isOfRoom(_ entries: [JournalEntry]) -> Bool { SessionHistory(entries).roomName == room.name }

    /// Rooms whose assistant an interviewer has ended and of which nobody has said that they were closed.
    /// - Parameter milliseconds: since 1970; rooms in which an assistant was last before it are left out.
    static func ended(stateDirectory: String, since milliseconds: Int64) -> [RoomFacts] {
        let folder = stateDirectory + "/rooms"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasSuffix(".json")
        }
        return names.sorted().compactMap { name in
            guard let record = record(at: folder + "/" + name), let alive = modified(folder + "/" + name),
                alive >= milliseconds
            else { return nil }
            let path = Journal.path(stateDirectory: stateDirectory, roomSID: record.sid)
            guard let entries = try? Journal.read(path).entries else { return nil }
            let history = SessionHistory(entries)
            guard history.isEnded, !history.isClosed, history.roomName == record.name else { return nil }
            return RoomFacts(sid: record.sid, name: record.name)
        }
    }

    private func read() -> Record? {
        guard let record = Self.record(at: path), record.name == room.name else { return nil }
        return record
    }

    private static func record(at path: String) -> Record? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: largestFile + 1), data.count <= largestFile else { return nil }
        return try? JSONDecoder().decode(Record.self, from: data)
    }

    private func modified() -> Int64? { Self.modified(path) }

    private static func modified(_ path: String) -> Int64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let date = attributes?[.modificationDate] as? Date else { return nil }
        return Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded())
    }

    /// Put in place at once: who reads has the old one or the new one. Where it cannot be written, a new room of the name
    /// begins without what was said; the journal tells of a disk that is full.
    private func write(_ record: Record) {
        guard let data = try? JSONEncoder().encode(record) else { return }
        try? FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let fresh = path + ".\(getpid())"
        guard
            FileManager.default.createFile(
                atPath: fresh, contents: data, attributes: [.posixPermissions: 0o600])
        else { return }
        if rename(fresh, path) != 0 { unlink(fresh) }
    }
}
