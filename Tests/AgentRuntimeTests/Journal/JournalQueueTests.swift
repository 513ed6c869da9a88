import Dispatch
import Foundation
import SansIO
import Session
import Synchronization
import Testing

@testable import AgentRuntime

/// A disk that writes only once it is told to; of its own accord after a time in which nobody has to wait for it, so that
/// a test of who does fails instead of hanging.
private final class StuckDisk: Sendable {
    /// Its own, so that it holds up no other test.
    let lanes = JournalLanes()
    private let gate = DispatchSemaphore(value: 0)
    private let order = Mutex<[String]>([])
    private let requests = Mutex(0)

    var disk: JournalDisk {
        JournalDisk(
            write: { [self] descriptor, bytes in
                requests.withLock { $0 += 1 }
                _ = gate.wait(timeout: .now() + .seconds(60))
                gate.signal()
                order.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
                return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            }, sync: { _ in })
    }

    /// How often it was asked to write.
    var asked: Int { requests.withLock { $0 } }
    var written: [String] { order.withLock { $0 } }

    func release() { gate.signal() }
}

/// Keeps a writer until the disk is told to take what was written, and counts how often that is.
private final class LastReference: Sendable {
    let writer = Mutex<JournalWriter?>(nil)
    let closed = DispatchSemaphore(value: 0)

    var disk: JournalDisk {
        JournalDisk(
            write: { Glibc.write($0, $1.baseAddress, $1.count) },
            sync: { [self] _ in
                let last = writer.withLock { $0.take() }
                // Told by a writer that ends: nobody keeps one any more.
                if last == nil { closed.signal() }
            })
    }
}

@Suite struct JournalQueueTests {
    static func temporary() -> String {
        FileManager.default.temporaryDirectory.path + "/jask-queue-\(UUID().uuidString)"
    }

    @Test func aDiskThatDoesNotAnswerKeepsNobodyWaitingAndTheOrderHolds() async throws {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stuck = StuckDisk()
        let queue = JournalQueue(path: folder + "/RM_1.jsonl", disk: stuck.disk, lanes: stuck.lanes)
        let (done, told) = AsyncStream.makeStream(of: Int64.self)
        for number in 0..<200 {
            queue.append(JournalEntry(at: Int64(number), event: .spoke(identity: Identity("p\(number)")))) { error in
                if error == nil { told.yield(Int64(number)) }
            }
        }
        // All calls are back while the disk has taken nothing.
        #expect(stuck.written.isEmpty && queue.waiting == 200)
        stuck.release()
        var order: [Int64] = []
        for await number in done {
            order.append(number)
            if order.count == 200 { break }
        }
        #expect(order == Array(0..<200))
        #expect(try Journal.read(folder + "/RM_1.jsonl").entries.map(\.at) == Array(0..<200))
    }

    @Test func whatWaitsForAStuckDiskIsBounded() {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stuck = StuckDisk()
        let queue = JournalQueue(path: folder + "/RM_1.jsonl", disk: stuck.disk, lanes: stuck.lanes)
        for number in 0..<10_000 {
            queue.append(JournalEntry(at: Int64(number), event: .refused(topic: "t", sender: nil, code: "c")))
        }
        #expect(queue.waiting <= 4097 && queue.lost >= 5900)
        stuck.release()
    }

    @Test("what a restart needs is bounded too while a disk takes nothing, and how much is missing is written")
    func neededIsBounded() async throws {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stuck = StuckDisk()
        let queue = JournalQueue(path: folder + "/RM_1.jsonl", disk: stuck.disk, lanes: stuck.lanes)
        // The disk has taken this one in hand.
        queue.append(JournalEntry(at: 0, event: .began(room: "RM_1", name: "r")))
        for _ in 0..<1000 where stuck.asked == 0 { try await Task.sleep(for: .milliseconds(5)) }
        queue.append(JournalEntry(at: 1, event: .optedOut(identity: "ada", sources: [.code])))
        for number in 0..<20_000 {
            let identity = Identity("p\(number)")
            queue.append(JournalEntry(at: 2, event: .noticed(identity: identity, sid: "PA")))
            queue.append(JournalEntry(at: 3, event: number % 2 == 0 ? .paused(by: "ivo") : .resumed(by: "ivo")))
        }
        #expect(queue.waiting == JournalQueue.mostWaiting + 1)
        stuck.release()
        await withCheckedContinuation { done in queue.catchUp { _ in done.resume() } }
        let entries = try Journal.read(folder + "/RM_1.jsonl").entries
        let history = SessionHistory(entries)
        #expect(history.optedOut == ["ada": [.code]] && !history.isPaused && history.isSteered)
        #expect(history.noticed["p19999"] == "PA" && history.noticed["p0"] == nil)
        let lost = entries.compactMap { if case .lost(let count) = $0.event { count } else { nil } }
        #expect(lost == [20_000 - (JournalQueue.mostWaiting - 2)] && lost == [queue.lost])
    }

    @Test("a new room's journal is read while every lane waits for a disk that takes nothing")
    func readsBesideAStuckDisk() async throws {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let earlier = JournalWriter(path: Journal.path(stateDirectory: folder, roomSID: "RM_new"))
        earlier.append(JournalEntry(at: 1, event: .paused(by: "ivo")))
        earlier.close()
        let stuck = StuckDisk()
        let others = (0..<64).map {
            JournalQueue(path: folder + "/RM_\($0).jsonl", disk: stuck.disk, lanes: stuck.lanes)
        }
        for other in others { other.append(JournalEntry(at: 1, event: .spoke(identity: "a"))) }
        for _ in 0..<1000 where stuck.asked < 4 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(stuck.asked == 4, "all lanes wait")
        let room = RoomFacts(sid: "RM_new", name: "r")
        let queue = JournalQueue(stateDirectory: folder, room: room, disk: stuck.disk, lanes: stuck.lanes)
        let read = DispatchSemaphore(value: 0)
        let found = Mutex(JournalRestore())
        queue.restore { restore in
            found.withLock { $0 = restore }
            read.signal()
        }
        let waited = await Task.detached { read.wait(timeout: .now() + .seconds(20)) }.value
        #expect(waited == .success && found.withLock { $0.reading.entries.map(\.at) } == [1])
        stuck.release()
        // Before the folder goes.
        for other in others { await withCheckedContinuation { done in other.catchUp { _ in done.resume() } } }
    }

    @Test("what this process has yet to write of a journal is read with it")
    func readsWhatIsUnderWay() async throws {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stuck = StuckDisk()
        let room = RoomFacts(sid: "RM_1", name: "r")
        let first = JournalQueue(stateDirectory: folder, room: room, disk: stuck.disk, lanes: stuck.lanes)
        first.append(JournalEntry(at: 1, event: .paused(by: "ivo")))
        first.close()
        let heir = JournalQueue(stateDirectory: folder, room: room, lanes: stuck.lanes)
        let entries = Mutex<[JournalEntry]?>(nil)
        heir.restore { restore in entries.withLock { $0 = restore.reading.entries } }
        // After what it read, though it was asked for before that was there.
        heir.append(JournalEntry(at: 2, event: .resumed(by: "ivo")))
        try await Task.sleep(for: .milliseconds(100))
        #expect(entries.withLock { $0 } == nil)
        stuck.release()
        await withCheckedContinuation { done in heir.catchUp { _ in done.resume() } }
        #expect(entries.withLock { $0?.map(\.at) } == [1])
        #expect(try Journal.read(first.path).entries.map(\.at) == [1, 2])
    }

    @Test("what is written while an earlier process's journal is read comes after it, and is not read as its")
    func writesAfterReading() async throws {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let room = RoomFacts(sid: "RM_1", name: "r")
        let path = Journal.path(stateDirectory: folder, roomSID: room.sid)
        let earlier = JournalWriter(path: path)
        earlier.append(JournalEntry(at: 1, event: .paused(by: "ivo")))
        earlier.close()
        let lanes = JournalLanes()
        lanes.reading.isSuspended = true
        let heir = JournalQueue(stateDirectory: folder, room: room, lanes: lanes)
        let entries = Mutex<[JournalEntry]?>(nil)
        heir.restore { restore in entries.withLock { $0 = restore.reading.entries } }
        heir.append(JournalEntry(at: 2, event: .resumed(by: "ivo")))
        // Whatever its lane has to do is done.
        await withCheckedContinuation { done in lanes.writing(path).async { done.resume() } }
        #expect(try Journal.read(path).entries.map(\.at) == [1])
        lanes.reading.isSuspended = false
        await withCheckedContinuation { done in heir.catchUp { _ in done.resume() } }
        #expect(entries.withLock { $0?.map(\.at) } == [1])
        #expect(try Journal.read(path).entries.map(\.at) == [1, 2])
    }

    @Test func aWriterWhoseLastUserIsItsOwnDelayedSyncEndsWithoutWaitingForItself() {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let last = LastReference()
        // One expression: no reference of the test's own is left.
        last.writer.withLock { $0 = JournalWriter(path: folder + "/RM_1.jsonl", disk: last.disk) }
        last.writer.withLock { _ = $0?.append(JournalEntry(at: 1, event: .spoke(identity: "a"))) }
        #expect(last.closed.wait(timeout: .now() + 60) == .success)
    }

    @Test func aJournalThatEndedTwoProcessesIsSetAside() throws {
        let folder = Self.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/RM_1.jsonl"
        let writer = JournalWriter(path: path)
        writer.append(JournalEntry(at: 1, event: .began(room: "RM_1", name: "r\u{E9}")))
        writer.close()
        // Two processes that began with it never came to say that it did no harm.
        for _ in 0..<2 { #expect(JournalRestore.begin(path).reading.entries.count == 1) }
        let third = JournalRestore.begin(path)
        #expect(third.reading.entries.isEmpty)
        let aside = try #require(third.setAside)
        #expect(FileManager.default.fileExists(atPath: aside) && !FileManager.default.fileExists(atPath: path))
        // One that got through may be read any number of times.
        let again = JournalWriter(path: path)
        again.append(JournalEntry(at: 1, event: .began(room: "RM_1", name: "r\u{E9}")))
        again.close()
        for _ in 0..<5 {
            #expect(JournalRestore.begin(path).setAside == nil)
            JournalRestore.end(path)
        }
    }

    @Test(
        "numbers of a journal that no session could have written are passed over",
        arguments: [
            #"{"at":1,"event":"tier_limit","tier":9223372036854775807,"by":"i"}"#,
            #"{"at":1,"event":"asked","request":"r","trigger":"t","tier":0}"#,
            #"{"at":-1,"event":"paused","by":"i"}"#,
            #"{"at":9223372036854775807,"event":"paused","by":"i"}"#,
            #"{"at":1,"event":"silent","identity":"a","since":-9223372036854775808}"#,
            #"{"at":1,"event":"intended","record":{"id":"h","tier":9223372036854775807,"source":"s","trigger":"t","to":[],"text":"x","expires":1}}"#,
            #"{"at":1,"event":"intended","record":{"id":"h","tier":1,"source":"s","trigger":"t","to":[],"text":"x","expires":9223372036854775807}}"#,
        ])
    func outOfRange(line: String) {
        let good = #"{"at":1,"event":"resumed","by":"i"}"#
        let reading = Journal.parse(Array((line + "\n" + good + "\n").utf8))
        #expect(reading.skippedLines == [1])
        #expect(reading.entries.count == 1)
    }
}

@Suite struct WriteBarrierTests {
    private var barrier = WriteBarrier<Int>(most: 10)

    private func held(_ barrier: inout WriteBarrier<Int>, _ items: [Int]) -> [Int] {
        items.flatMap { barrier.hold($0) }
    }

    @Test func whatFollowsAnIntentionLeavesInOrderOnceItIsWritten() {
        var barrier = barrier
        let first = barrier.raise(at: .zero)
        var early = held(&barrier, [1, 2])
        let second = barrier.raise(at: .zero)
        early += held(&barrier, [3])
        early += barrier.lower(first)
        #expect(early.isEmpty, "the second one is not written yet")
        let released = barrier.lower(second)
        #expect(released == [1, 2, 3])
        #expect(!barrier.isRaised && barrier.deadline == nil && barrier.lapses == 0)
    }

    @Test func aSlowDiskHoldsNothingBackForLongerThanTheBound() {
        var barrier = barrier
        let token = barrier.raise(at: .zero)
        var early = held(&barrier, [1])
        #expect(barrier.deadline == .zero + .milliseconds(50))
        early += barrier.timeout(at: .zero + .milliseconds(49))
        #expect(early.isEmpty)
        let released = barrier.timeout(at: .zero + .milliseconds(50))
        #expect(released == [1] && barrier.lapses == 1)
        let late = barrier.lower(token)
        #expect(late.isEmpty && !barrier.isRaised)
    }

    @Test func whatIsHeldBackIsBounded() {
        var barrier = barrier
        _ = barrier.raise(at: .zero)
        let early = held(&barrier, Array(0..<10))
        #expect(early.isEmpty)
        let released = barrier.hold(10)
        #expect(released == Array(0...10))
    }
}
