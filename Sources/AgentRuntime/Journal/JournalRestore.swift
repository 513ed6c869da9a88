import Foundation
import Session

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
