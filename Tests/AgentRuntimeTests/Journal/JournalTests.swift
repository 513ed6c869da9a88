import Foundation
import JournalSamples
import SansIO
import Session
import Settings
import Simulation
import Testing

@testable import AgentRuntime

@Suite("The session journal")
struct JournalTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jask-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test("comes back as it was written, after closing and opening", arguments: JournalSync.allCases)
    func roundTrip(sync: JournalSync) throws {
        try withFolder { folder in
            let path = Journal.path(stateDirectory: folder + "/deeper", roomSID: "RM_1")
            for part in [JournalSamples.entries.prefix(7), JournalSamples.entries.dropFirst(7)] {
                let writer = JournalWriter(path: path, configuration: .init(sync: sync))
                for entry in part { #expect(writer.append(entry) == nil) }
                writer.close()
                #expect(writer.append(JournalSamples.entries[0]) != nil, "a closed journal takes nothing")
            }
            let reading = try Journal.read(path)
            #expect(reading.entries == JournalSamples.entries && reading.skippedLines.isEmpty && !reading.isTorn)
        }
    }

    @Test("cut at any byte, the whole lines are read and the torn one is not")
    func tornAnywhere() {
        let lines = JournalSamples.entries.map(\.line)
        let bytes = lines.flatMap(\.self)
        var whole = 0
        var end = 0
        for length in 0...bytes.count {
            while whole < lines.count, end + lines[whole].count <= length {
                end += lines[whole].count
                whole += 1
            }
            let reading = Journal.parse(Array(bytes.prefix(length)))
            guard reading.entries == Array(JournalSamples.entries.prefix(whole)), reading.isTorn == (length > end),
                reading.wholeBytes == end, reading.skippedLines.isEmpty
            else { return #expect(Bool(false), "cut at \(length)") }
        }
    }

    @Test("a corrupt line in the middle is passed over and named")
    func corruptLine() {
        var bytes =
            JournalSamples.entries[0].line + Array("{\"at\":1,\"event\":\"nonsense\"}\n\u{0}\u{0}\n\n".utf8)
        bytes += [0xFF, 0xFE, 0x0A] + JournalSamples.entries[1].line
        let reading = Journal.parse(bytes)
        #expect(reading.entries == Array(JournalSamples.entries.prefix(2)))
        #expect(reading.skippedLines == [2, 3, 5])
    }

    @Test("after a torn line, what a new process writes is read")
    func writesBehindTear() throws {
        try withFolder { folder in
            let path = Journal.path(stateDirectory: folder, roomSID: "RM_1")
            let torn = JournalSamples.entries[0].line + JournalSamples.entries[1].line.dropLast(9)
            try Data(torn).write(to: URL(fileURLWithPath: path))
            let writer = JournalWriter(path: path)
            writer.append(JournalSamples.entries[2])
            writer.append(JournalSamples.entries[3])
            writer.close()
            let reading = try Journal.read(path)
            #expect(
                reading.entries == [JournalSamples.entries[0], JournalSamples.entries[2], JournalSamples.entries[3]])
            #expect(reading.skippedLines == [2])
        }
    }

    @Test("an empty one, as a full disk leaves it, has nothing and takes no memory, however often it is read")
    func emptyTakesNothing() throws {
        try withFolder { folder in
            let path = Journal.path(stateDirectory: folder, roomSID: "RM_1")
            try Data().write(to: URL(fileURLWithPath: path))
            // Far more than tests beside this one take meanwhile; a sanitizer finds what leaks once.
            let (bound, times) = (40 << 20, Memory.tellsOfLeaks ? 20_000 : 10)
            let growth = try Memory.growth(bound: bound) { _ in
                for _ in 0..<times { try #require(try Journal.read(path) == JournalReading()) }
            }
            #expect(growth < bound || !Memory.tellsOfLeaks, "\(growth) bytes more")
        }
    }

    @Test("a full disk is counted and told, and the journal goes on where there is room again")
    func fullDisk() throws {
        let full = JournalWriter(path: "/dev/full")
        let error = full.append(JournalSamples.entries[0])
        #expect("\(error.map(String.init(describing:)) ?? "")".contains("No space left"))
        #expect(full.failures == 1 && full.lastFailure == error)
        try withFolder { folder in
            // A file where the folder should be, which is then taken away.
            let blocked = folder + "/state"
            try Data().write(to: URL(fileURLWithPath: blocked))
            let writer = JournalWriter(path: blocked + "/RM_1.jsonl")
            let path = blocked + "/RM_1.jsonl"
            for entry in JournalSamples.entries { #expect(writer.append(entry) != nil) }
            try FileManager.default.removeItem(atPath: blocked)
            #expect(writer.append(JournalSamples.entries[2]) == nil)
            #expect(writer.failures == JournalSamples.entries.count)
            // What a restart needs was kept meanwhile, and goes before what comes next.
            let read = try Journal.read(path).entries
            let needed = JournalSamples.entries.filter(\.isForRestart)
            let overtaken = needed.indices.filter { index in
                needed[index].state.map { state in needed[(index + 1)...].contains { $0.state == state } } ?? false
            }
            #expect(overtaken.count == 4, "of one state the last")
            #expect(
                read == needed.indices.filter { !overtaken.contains($0) }.map { needed[$0] } + [
                    JournalSamples.entries[2]
                ])
            #expect(SessionHistory(read) == SessionHistory(JournalSamples.entries + [JournalSamples.entries[2]]))
        }
    }

    @Test("what waited for a full disk is written on being asked to, and at the end")
    func waitsForDisk() throws {
        try withFolder { folder in
            for closes in [false, true] {
                let blocked = folder + "/state\(closes)"
                try Data().write(to: URL(fileURLWithPath: blocked))
                let writer = JournalWriter(path: blocked + "/RM_1.jsonl")
                #expect(!writer.isBehind)
                #expect(writer.append(JournalSamples.entries[0]) != nil && writer.isBehind)
                #expect(writer.catchUp() != nil && writer.failures == 1, "a further try is no further loss")
                try FileManager.default.removeItem(atPath: blocked)
                if !closes { #expect(writer.catchUp() == nil && !writer.isBehind) }
                writer.close()
                #expect(try Journal.read(blocked + "/RM_1.jsonl").entries == [JournalSamples.entries[0]])
            }
        }
    }

    @Test("what waits for a full disk is bounded, and the newest of it stays")
    func boundedWait() throws {
        try withFolder { folder in
            let blocked = folder + "/state"
            try Data().write(to: URL(fileURLWithPath: blocked))
            let writer = JournalWriter(path: blocked + "/RM_1.jsonl")
            let many = (0..<5000).map { JournalEntry(at: Int64($0), event: .spoke(identity: "p\($0)")) }
            for entry in many { writer.append(entry) }
            try FileManager.default.removeItem(atPath: blocked)
            #expect(writer.catchUp() == nil)
            let read = try Journal.read(blocked + "/RM_1.jsonl").entries
            #expect(read.count == 1001 && read.dropFirst() == many.suffix(1000), "\(read.count)")
            #expect(read.first?.event == .lost(entries: 4000) && writer.lost == 4000)
        }
    }

    @Test("above its bound it is cut down to what a restart needs, and says the same")
    func compaction() throws {
        try withFolder { folder in
            let path = Journal.path(stateDirectory: folder, roomSID: "RM_1")
            let writer = JournalWriter(path: path, configuration: .init(sync: .never, maximumBytes: 20_000))
            // What was said once and never again, then what says nothing or the same ever again.
            var all = JournalSamples.entries
            for number in 0..<4000 {
                let event: JournalEntry.Event =
                    number % 2 == 0 ? .refused(topic: "jask.code", sender: "eve", code: "c") : .spoke(identity: "ada")
                all.append(JournalEntry(at: JournalSamples.entries[0].at + 1000 + Int64(number), event: event))
            }
            for entry in all { #expect(writer.append(entry) == nil) }
            writer.close()
            let reading = try Journal.read(path)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? .max
            #expect(size <= 22_000 && reading.skippedLines.isEmpty && !reading.isTorn)
            #expect(SessionHistory(reading.entries) == SessionHistory(all))
            #expect(!FileManager.default.fileExists(atPath: path + ".new"))
        }
    }

    @Test(
        "a room's sid cannot lead out of the folder",
        arguments: [
            ("RM_abc-1", "/s/RM_abc-1.jsonl"), ("../../etc/passwd", "/s/______etc_passwd.jsonl"), ("", "/s/_.jsonl"),
            ("a\u{0}b/ü", "/s/a_b___.jsonl"),
        ])
    func paths(sid: String, path: String) {
        #expect(Journal.path(stateDirectory: "/s", roomSID: sid) == path)
    }

    @Test("random bytes are read without harm", arguments: 0..<20)
    func fuzz(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var bytes = JournalSamples.entries.flatMap(\.line)
        for _ in 0..<30 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        let reading = Journal.parse(bytes)
        #expect(reading.entries.count + reading.skippedLines.count > 0, "seed \(seed)")
        #expect(reading.entries.count < JournalSamples.entries.count + 30, "seed \(seed)")
        _ = SessionHistory(reading.entries).entries
    }
}
