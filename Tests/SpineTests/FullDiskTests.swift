import Foundation
import Session
import Testing

@testable import AgentRuntime

extension Spine {
    /// The journal's disk is full: the session goes on and says so, and what is written later can be read.
    @Suite struct FullDiskTests {
        @Test(
            "at the limit of a file's size the hint comes once, and the journal goes on later", .timeLimit(.minutes(3)))
        func limit() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker()
            try await expectHint(stage, worker, journals: stage.folder, reason: "File too large") {
                // Some bytes are left, so that a line is cut off within.
                try Self.limit(worker, to: try Self.journalSize(stage.folder) + 40)
            } makeRoom: {
                try Self.limit(worker, to: nil)
            }
            await stage.close()
        }

        @Test(
            "with a disk that is full the hint comes once, and the journal goes on when there is space",
            .enabled(if: namespace != nil, "needs a user namespace or root, to mount a small disk"),
            .timeLimit(.minutes(3))
        )
        func disk() async throws {
            let stage = try await Stage()
            let mount = stage.folder + "/disk"
            try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
            let script = #"mount -t tmpfs -o size=128k tmpfs "$0" && exec "$@""#
            let namespace = try #require(Self.namespace)
            let worker = try stage.startWorker(
                ["state.directory": mount], wrapper: namespace + ["sh", "-c", script, mount])
            // The mount is seen only from within the process.
            let inside = "/proc/\(worker.identifier)/root\(mount)"
            try await expectHint(stage, worker, journals: inside, reason: "No space left on device", isEarly: true) {
                // Before there is a journal, whose last page would still have room.
                try Self.fill(inside + "/filler")
            } makeRoom: {
                try FileManager.default.removeItem(atPath: inside + "/filler")
            }
            await stage.close()
        }

        private func expectHint(
            _ stage: Stage, _ worker: JaskProcess, journals: String, reason: String, isEarly: Bool = false,
            fillUp: () throws -> Void, makeRoom: () throws -> Void
        ) async throws {
            try #require(try await stage.ready(worker), "\(worker.text)")
            if isEarly { try fillUp() }
            let candidate = try stage.startCandidate(room: "r")
            let told = try await eventually(within: 8) { candidate.beganSpeaking }
            try #require(told != nil, "\(candidate.seen)\n\(worker.text)")
            try await Task.sleep(for: .seconds(1))
            if !isEarly { try fillUp() }

            let hint = try await eventually(within: 15) { candidate.hints.first }
            let at = try #require(hint?.at, "\(candidate.seen)\n\(worker.text)")
            let silent = try #require(candidate.fellSilent)
            let late = at.seconds(since: silent) - 4
            print("disk full (\(reason)): hint \(late) s after the pause was long")
            #expect(late <= stage.bar(3), "\(stage.machine.report)")
            try await Task.sleep(for: .seconds(2))
            #expect(candidate.hints.count == 1, "\(candidate.seen)")
            #expect(worker.isRunning, "\(worker.text)")
            let said = worker.lines(with: "error", "journal", reason)
            #expect(said.count == 1, "told once, not with every entry:\n\(worker.text)")
            let url = try #require(worker.healthURL)
            let metrics = try await Stage.get(url.appendingPathComponent("metrics")).body
            let errors = metrics.split(separator: "\n").first { $0.hasPrefix("jask_journal_errors_total ") }
            let count = try #require(errors.flatMap { Int($0.split(separator: " ")[1]) }, "\(metrics)")
            #expect(count >= 2, "the hint's intention and its sending, at least")
            #expect(try await Stage.get(url.appendingPathComponent("ready")).status == 200)

            // Another one comes, is told what is observed, and that is written again, with what was missed.
            try makeRoom()
            let other = try stage.startCandidate(room: "r", identity: "other") { $0.repetitions = 0 }
            let noticed = try await eventually(within: 8) { other.notices("observing") == 1 ? true : nil }
            #expect(noticed == true, "\(other.seen)\n\(worker.text)")
            let found = try Self.journal(in: journals)
            let path = try #require(found)
            let written = try await eventually(within: 3) {
                let reading = try Journal.read(path)
                let names = SessionHistory(reading.entries)
                return names.noticed["other"] != nil ? (reading, names) : nil
            }
            let last = try Journal.read(path)
            let (reading, history) = try #require(written, "\(last)")
            print("disk full (\(reason)): \(count) entries failed, lines passed over: \(reading.skippedLines)")
            #expect(reading.skippedLines.count <= 1 && !reading.isTorn, "\(reading)")
            #expect(history.hints.map(\.wasSent) == [true], "a restart would not repeat it: \(history)")
            #expect(Set(history.noticed.keys) == ["candidate", "other"])
            worker.signal(SIGKILL)
            await candidate.leave()
            await other.leave()
        }

        // MARK: Full disks

        /// The command under which a process may mount a disk of its own; `nil` where that is not allowed.
        private static let namespace: [String]? = [["unshare", "-m"], ["unshare", "-Urm"]].map { ["/usr/bin/env"] + $0 }
            .first { command in
                let process = Process()
                process.executableURL = URL(fileURLWithPath: command[0])
                process.arguments = command.dropFirst() + ["sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]
                process.standardError = FileHandle.nullDevice
                guard (try? process.run()) != nil else { return false }
                process.waitUntilExit()
                return process.terminationStatus == 0
            }

        private static func journal(in folder: String) throws -> String? {
            try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".jsonl") }
                .map { folder + "/" + $0 }
        }

        private static func journalSize(_ folder: String) throws -> Int {
            let path = try journal(in: folder) ?? ""
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            return try #require(size)
        }

        /// Sets how large a file the process may write, as `ulimit -f` does.
        private static func limit(_ worker: JaskProcess, to bytes: Int?) throws {
            let soft = bytes.map(String.init) ?? "unlimited"
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["prlimit", "--pid", "\(worker.identifier)", "--fsize=\(soft):"]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }

        private static func fill(_ path: String) throws {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            defer { close(descriptor) }
            let block = [UInt8](repeating: 0x20, count: 4096)
            while write(descriptor, block, block.count) > 0 {}
            #expect(errno == ENOSPC)
        }
    }
}
