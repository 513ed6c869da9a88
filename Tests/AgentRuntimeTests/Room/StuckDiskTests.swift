import Foundation
import NIOCore
import SansIO
import Session
import Synchronization
import Testing
import Wire

@testable import AgentRuntime

/// A disk that takes two seconds a write, until it is told to be quick.
private final class SlowDisk: Sendable {
    private let isSlow = Mutex(true)

    var disk: JournalDisk {
        JournalDisk(
            write: { [self] descriptor, bytes in
                for _ in 0..<100 where isSlow.withLock({ $0 }) { usleep(20_000) }
                return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            }, sync: { _ in })
    }

    func quicken() { isSlow.withLock { $0 = false } }
}

/// A standard error that is full, and that nobody reads.
private final class UnreadPipe: Sendable {
    private let ends = Pipe()
    let log: LogPipe

    init() {
        let descriptor = ends.fileHandleForWriting.fileDescriptor
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        let page = [UInt8](repeating: 0x2E, count: 4096)
        while Glibc.write(descriptor, page, page.count) > 0 {}
        _ = fcntl(descriptor, F_SETFL, flags)
        log = LogPipe(descriptor: descriptor)
    }

    func close() { try? ends.fileHandleForReading.close() }
}

/// How late an event loop is at most.
private final class Pulse: Sendable {
    private let beat = Mutex((last: NIODeadline.now(), worst: Duration.zero))

    private func note() {
        beat.withLock { beat in
            beat.worst = max(beat.worst, .nanoseconds((.now() - beat.last).nanoseconds))
            beat.last = .now()
        }
    }

    /// - Returns: what ends it and tells the worst.
    static func begin(on loop: any EventLoop) -> @Sendable () -> Duration {
        let pulse = Pulse()
        let task = loop.scheduleRepeatedTask(initialDelay: .milliseconds(10), delay: .milliseconds(10)) { _ in
            pulse.note()
        }
        return {
            task.cancel()
            return pulse.beat.withLock { $0.worst }
        }
    }
}

@Suite struct StuckDiskTests {
    /// Far below the two seconds that one write takes, far above what a busy machine adds. With a sanitizer everything takes
    /// as long as a write: then only what the sanitizer finds counts.
    static let bound: Duration =
        ProcessInfo.processInfo.environment["JASK_SANITIZE"] == nil ? .seconds(1) : .seconds(60)

    @Test(
        "a disk that takes 2 s a write and a stderr nobody reads delay no room",
        .enabled(if: TakeOverTests.hasModel, "the voice model is missing: run scripts/fetch-models"),
        .timeLimit(.minutes(2)))
    func rooms() async throws {
        let scene = try await SessionScene()
        let (disk, pipe) = (SlowDisk(), UnreadPipe())
        let stopPulse = Pulse.begin(on: scene.loop)
        let line = LogLine()
        let log = { @Sendable (level: Telemetry.Level, text: String) in pipe.log.write(line.rendered(level, text)) }
        var sids: [RoomName: String] = [:]
        for name: RoomName in ["a", "b"] { sids[name] = try await scene.open(name, disk: disk.disk, log: log) }
        let both = try await scene.wait(60) {
            sids.keys.allSatisfy { !scene.hints(in: $0).isEmpty } ? true : nil
        }
        let worst = stopPulse()
        try #require(both == true, "\(scene.report)")
        for name in sids.keys {
            let sent = try #require(scene.hints(in: name).first)
            #expect(sent.sinceTrigger < Self.bound, "room \(name): \(sent.sinceTrigger)")
            let began = try #require(scene.events(in: name).first?.at)
            let noticed = scene.events(in: name).first { if case .noticeSent = $0.kind { true } else { false } }
            #expect(try #require(noticed?.at) - began < Self.bound, "room \(name): notices do not wait for the disk")
        }
        #expect(worst < Self.bound, "the loop was held up for \(worst)")
        #expect(scene.metrics.journalLate.value() >= 2, "the disk had not taken the hints' entries")
        disk.quicken()
        for (name, sid) in sids {
            let path = Journal.path(stateDirectory: scene.folder, roomSID: sid)
            let entries = try await scene.wait(30) { () -> [JournalEntry]? in
                let entries = try Journal.read(path).entries
                return entries.contains { if case .sent = $0.event { true } else { false } } ? entries : nil
            }
            check(try #require(entries, "\(name)"), scene.hints(in: name))
        }
        pipe.close()
        await scene.close()
    }

    /// What the journal says afterwards: each hint was intended, then sent, at the times at which it was.
    private func check(_ entries: [JournalEntry], _ hints: [TimelineEvent.HintSent]) {
        #expect(entries.first.map { if case .began = $0.event { true } else { false } } == true)
        for hint in hints.prefix(1) {
            let intended = entries.firstIndex {
                if case .intended(let record) = $0.event { record.id == hint.id } else { false }
            }
            let sent = entries.firstIndex { $0.event == .sent(hint: hint.id) }
            guard let intended, let sent else {
                Issue.record("\(entries)")
                continue
            }
            let gap = entries[sent].at - entries[intended].at
            #expect(intended < sent && gap >= 0 && gap < Self.bound.wholeMilliseconds)
        }
    }
}

/// A disk that tells of a hint's intention before it takes it, and takes its time.
private final class TellingDisk: Sendable {
    private let tell: @Sendable () -> Void

    init(_ tell: @escaping @Sendable () -> Void) { self.tell = tell }

    var disk: JournalDisk {
        JournalDisk(
            write: { [self] descriptor, bytes in
                if String(decoding: bytes, as: UTF8.self).contains(#""event":"intended""#) {
                    tell()
                    usleep(300_000)
                }
                return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            }, sync: { _ in })
    }
}

@Suite struct HandedOverTests {
    @Test(
        "a hint that waits for its journal entry does not leave after a pause",
        .enabled(if: TakeOverTests.hasModel, "the voice model is missing: run scripts/fetch-models"),
        .timeLimit(.minutes(2)))
    func pausedMeanwhile() async throws {
        let scene = try await SessionScene()
        let pause = SessionInput.packet(
            topic: Topic.control, sender: "ivo", payload: ControlMessage(action: .pause).encoded())
        let disk = TellingDisk { scene.post(pause, to: "a") }
        let sid = try await scene.open("a", disk: disk.disk)
        let path = Journal.path(stateDirectory: scene.folder, roomSID: sid)
        let isTold = try await scene.wait(30) {
            scene.events(in: "a").contains { if case .listening("ada", true) = $0.kind { true } else { false } }
                ? true : nil
        }
        try #require(isTold == true, "\(scene.report)")
        let interviewer = ParticipantFacts(identity: "ivo", sid: "PA_ivo", attributes: ["jask.role": "interviewer"])
        try await scene.feed(.participant(interviewer), to: "a")
        try await scene.feed(.packet(topic: Topic.ask, sender: "ada", payload: AskMessage().encoded()), to: "a")
        let end = try await scene.wait(20) { () -> JournalEntry? in
            try Journal.read(path).entries.first {
                switch $0.event {
                case .sent, .hintDropped: true
                default: false
                }
            }
        }
        guard case .hintDropped(_, "paused") = try #require(end, "\(scene.report)").event else {
            Issue.record("\(scene.report)")
            return await scene.close()
        }
        try await Task.sleep(for: .seconds(1))
        #expect(scene.hints(in: "a").isEmpty && scene.received(Topic.hint) == 0)
        await scene.close()
    }

    @Test(
        "a hint that a dead path swallows is neither counted, journaled nor told as sent",
        .enabled(if: TakeOverTests.hasModel, "the voice model is missing: run scripts/fetch-models"),
        .timeLimit(.minutes(2)))
    func deadPath() async throws {
        let scene = try await SessionScene()
        let sid = try await scene.open("a")
        let path = Journal.path(stateDirectory: scene.folder, roomSID: sid)
        let isTold = try await scene.wait(30) {
            scene.events(in: "a").contains { if case .listening("ada", true) = $0.kind { true } else { false } }
                ? true : nil
        }
        try #require(isTold == true, "\(scene.report)")
        await scene.server.dropMedia(for: .seconds(4), of: "jask-\(sid)")
        try await scene.feed(.packet(topic: Topic.ask, sender: "ada", payload: AskMessage().encoded()), to: "a")
        let intended = try await scene.wait(20) { () -> JournalEntry? in
            try Journal.read(path).entries.first { if case .intended = $0.event { true } else { false } }
        }
        let entry = try #require(intended, "\(scene.report)")
        try await Task.sleep(for: .milliseconds(500))
        #expect(scene.hints(in: "a").isEmpty && scene.metrics.triggerToWire.count() == 0)
        #expect(try !Journal.read(path).entries.contains { if case .sent = $0.event { true } else { false } })
        let hint = try await scene.wait(30) { scene.hints(in: "a").first }
        let late = try #require(hint, "\(scene.report)").sinceTrigger
        #expect(late > .seconds(1), "it left once the path was back: \(late)")
        let sent = try await scene.wait(10) { () -> JournalEntry? in
            try Journal.read(path).entries.first { if case .sent = $0.event { true } else { false } }
        }
        #expect(try #require(sent).at - entry.at > 1000)
        await scene.close()
    }
}
