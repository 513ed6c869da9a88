import Coach
import Foundation
import SansIO
import Session
import Settings
import Simulation
import Testing

@testable import AgentRuntime

private enum JournalFixtures {
    static let record = JournalEntry.HintRecord(
        id: "01JD9ZK6Q4M8T2V5W7X9Y0A1B2", tier: 1, source: "claude", trigger: "long_pause", to: ["ada", "i\"vo\n"],
        text: Fingerprint.of("x"), anchor: "af63dc4c8601ec8c@3:1-2", expires: 99)

    /// One of each event.
    static let entries: [JournalEntry] = [
        .began(room: "RM_1", name: "r\u{E9}"), .candidate(identity: "ada"), .candidate(identity: nil),
        .noticed(identity: "ada", sid: "PA_1"), .optedOut(identity: "ada", sources: [.microphone, .code]),
        .spoke(identity: "ada"), .silent(identity: "ada", since: 3), .silent(identity: "ada", since: nil),
        .closed, .paused(by: "ivo"), .resumed(by: "ivo"), .ended(by: "ivo"), .tierLimit(1, by: "ivo"),
        .tierLimit(nil, by: "ivo"), .dropped(trigger: "long_pause", reason: "cooldown"),
        .asked(request: "r", trigger: "request", tier: 2), .answered(request: "r", source: "claude"),
        .withdrawn(request: "r", reason: "candidate_spoke"), .intended(record), .sent(hint: record.id),
        .hintDropped(hint: "other", reason: "expired"), .acknowledged(hint: record.id, by: "ada", status: "seen"),
        .refused(topic: "jask.code", sender: nil, code: "not_json"),
    ].enumerated().map { JournalEntry(at: 1_795_341_600_000 + Int64($0), event: $1) }
}

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
            for part in [JournalFixtures.entries.prefix(7), JournalFixtures.entries.dropFirst(7)] {
                let writer = JournalWriter(path: path, configuration: .init(sync: sync))
                for entry in part { #expect(writer.append(entry) == nil) }
                writer.close()
                #expect(writer.append(JournalFixtures.entries[0]) != nil, "a closed journal takes nothing")
            }
            let reading = try Journal.read(path)
            #expect(reading.entries == JournalFixtures.entries && reading.skippedLines.isEmpty && !reading.isTorn)
        }
    }

    @Test("cut at any byte, the whole lines are read and the torn one is not")
    func tornAnywhere() {
        let lines = JournalFixtures.entries.map(\.line)
        let bytes = lines.flatMap(\.self)
        var whole = 0
        var end = 0
        for length in 0...bytes.count {
            while whole < lines.count, end + lines[whole].count <= length {
                end += lines[whole].count
                whole += 1
            }
            let reading = Journal.parse(Array(bytes.prefix(length)))
            guard reading.entries == Array(JournalFixtures.entries.prefix(whole)), reading.isTorn == (length > end),
                reading.wholeBytes == end, reading.skippedLines.isEmpty
            else { return #expect(Bool(false), "cut at \(length)") }
        }
    }

    @Test("a corrupt line in the middle is passed over and named")
    func corruptLine() {
        var bytes =
            JournalFixtures.entries[0].line + Array("{\"at\":1,\"event\":\"nonsense\"}\n\u{0}\u{0}\n\n".utf8)
        bytes += [0xFF, 0xFE, 0x0A] + JournalFixtures.entries[1].line
        let reading = Journal.parse(bytes)
        #expect(reading.entries == Array(JournalFixtures.entries.prefix(2)))
        #expect(reading.skippedLines == [2, 3, 5])
    }

    @Test("after a torn line, what a new process writes is read")
    func writesBehindTear() throws {
        try withFolder { folder in
            let path = Journal.path(stateDirectory: folder, roomSID: "RM_1")
            let torn = JournalFixtures.entries[0].line + JournalFixtures.entries[1].line.dropLast(9)
            try Data(torn).write(to: URL(fileURLWithPath: path))
            let writer = JournalWriter(path: path)
            writer.append(JournalFixtures.entries[2])
            writer.append(JournalFixtures.entries[3])
            writer.close()
            let reading = try Journal.read(path)
            #expect(
                reading.entries == [JournalFixtures.entries[0], JournalFixtures.entries[2], JournalFixtures.entries[3]])
            #expect(reading.skippedLines == [2])
        }
    }

    @Test("a full disk is counted and told, and the journal goes on where there is room again")
    func fullDisk() throws {
        let full = JournalWriter(path: "/dev/full")
        let error = full.append(JournalFixtures.entries[0])
        #expect("\(error.map(String.init(describing:)) ?? "")".contains("No space left"))
        #expect(full.failures == 1 && full.lastFailure == error)
        try withFolder { folder in
            // A file where the folder should be, which is then taken away.
            let blocked = folder + "/state"
            try Data().write(to: URL(fileURLWithPath: blocked))
            let writer = JournalWriter(path: blocked + "/RM_1.jsonl")
            let path = blocked + "/RM_1.jsonl"
            for entry in JournalFixtures.entries { #expect(writer.append(entry) != nil) }
            try FileManager.default.removeItem(atPath: blocked)
            #expect(writer.append(JournalFixtures.entries[2]) == nil)
            #expect(writer.failures == JournalFixtures.entries.count)
            // What a restart needs was kept meanwhile, and goes before what comes next.
            let needed = JournalFixtures.entries.filter(\.isForRestart) + [JournalFixtures.entries[2]]
            #expect(try Journal.read(path).entries == needed)
            #expect(SessionHistory(needed) == SessionHistory(JournalFixtures.entries + [JournalFixtures.entries[2]]))
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
                #expect(writer.append(JournalFixtures.entries[0]) != nil && writer.isBehind)
                #expect(writer.catchUp() != nil && writer.failures == 1, "a further try is no further loss")
                try FileManager.default.removeItem(atPath: blocked)
                if !closes { #expect(writer.catchUp() == nil && !writer.isBehind) }
                writer.close()
                #expect(try Journal.read(blocked + "/RM_1.jsonl").entries == [JournalFixtures.entries[0]])
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
            #expect(read.count < 2000 && read == many.suffix(read.count))
        }
    }

    @Test("above its bound it is cut down to what a restart needs, and says the same")
    func compaction() throws {
        try withFolder { folder in
            let path = Journal.path(stateDirectory: folder, roomSID: "RM_1")
            let writer = JournalWriter(path: path, configuration: .init(sync: .never, maximumBytes: 20_000))
            var all: [JournalEntry] = []
            for round in 0..<200 {
                for entry in JournalFixtures.entries {
                    var entry = entry
                    entry.at += Int64(round) * 1000
                    all.append(entry)
                    #expect(writer.append(entry) == nil)
                }
            }
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
        var bytes = JournalFixtures.entries.flatMap(\.line)
        for _ in 0..<30 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        let reading = Journal.parse(bytes)
        #expect(reading.entries.count + reading.skippedLines.count > 0, "seed \(seed)")
        #expect(reading.entries.count < JournalFixtures.entries.count + 30, "seed \(seed)")
        _ = SessionHistory(reading.entries).entries
    }
}
