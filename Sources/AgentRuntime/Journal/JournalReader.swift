import Foundation
import Session
import Wire

/// What was found in a session's journal.
public struct JournalReading: Sendable, Hashable {
    public var entries: [JournalEntry] = []
    /// Lines that could not be read and were passed over, by number from 1.
    public var skippedLines: [Int] = []
    /// The last line was cut off, as by a crash while it was written.
    public var isTorn = false
    /// Bytes up to the end of the last whole line.
    public var wholeBytes = 0
}

/// Where journals are, and what is in them.
public enum Journal {
    /// A file larger than this is not a journal of ours.
    static let largestFile = 1 << 30

    /// `<state directory>/<room sid>.jsonl`. Characters that do not belong into a file's name are replaced.
    public static func path(stateDirectory: String, roomSID: String) -> String {
        let allowed = roomSID.utf8.prefix(128).map { byte -> UInt8 in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            return isPlain ? byte : UInt8(ascii: "_")
        }
        let name = allowed.isEmpty ? "_" : String(decoding: allowed, as: UTF8.self)
        return "\(stateDirectory)/\(name).jsonl"
    }

    /// Reads a journal. A file that is not there is an empty one; what cannot be read is passed over and reported.
    /// - Throws: where the file is there but cannot be opened.
    public static func read(_ path: String) throws(JournalError) -> JournalReading {
        guard FileManager.default.fileExists(atPath: path) else { return JournalReading() }
        let data: Data
        do {
            data = try bytes(of: path)
        } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
        guard data.count <= largestFile else { throw .unreadable(path: path, reason: "it has \(data.count) bytes") }
        return parse(Array(data))
    }

    /// By a handle: of each empty file, `Data(contentsOf:)` keeps 4 KiB for good (Foundation of Swift 6.3 on Linux).
    private static func bytes(of path: String) throws -> Data {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        return try handle.readToEnd() ?? Data()
    }

    /// Reads the bytes of a journal.
    public static func parse(_ bytes: [UInt8]) -> JournalReading {
        var reading = JournalReading()
        let decoder = JSONDecoder()
        var number = 0
        var start = 0
        while start < bytes.count {
            number += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
            let line = bytes[start..<(end ?? bytes.count)]
            // Without its end a line may be the front part of a longer one, though it reads well.
            guard let end else {
                reading.isTorn = true
                break
            }
            start = end + 1
            reading.wholeBytes = start
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { continue }
            if let entry = try? decoder.decode(JournalEntry.self, from: Data(line)) {
                reading.entries.append(entry)
            } else {
                reading.skippedLines.append(number)
            }
        }
        return reading
    }
}

/// Why a journal cannot be used. A session goes on without.
public enum JournalError: Error, Sendable, Hashable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "the journal \(path) cannot be read: \(reason)"
        case .unwritable(let path, let reason): "the journal \(path) cannot be written: \(reason)"
        }
    }
}
