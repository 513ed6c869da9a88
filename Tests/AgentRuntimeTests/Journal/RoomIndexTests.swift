import Foundation
import SansIO
import Session
import Testing

@testable import AgentRuntime

@Suite struct RoomIndexTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-index-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func restore(_ queue: JournalQueue) async -> JournalRestore {
        await withCheckedContinuation { done in queue.restore { done.resume(returning: $0) } }
    }

    /// Runs a session that writes one entry of its own.
    private func session(
        _ folder: String, sid: String, name: RoomName = "room", at milliseconds: Int64, _ event: JournalEntry.Event
    ) async -> JournalRestore {
        let queue = JournalQueue(stateDirectory: folder, room: RoomFacts(sid: sid, name: name))
        let restore = await restore(queue)
        queue.append(JournalEntry(at: milliseconds, event: .began(room: sid, name: name)))
        queue.append(JournalEntry(at: milliseconds, event: event))
        queue.restored(at: milliseconds)
        queue.isAlive(at: milliseconds + 30_000)
        queue.close()
        await withCheckedContinuation { done in queue.catchUp { _ in done.resume() } }
        return restore
    }

    @Test func aRoomOfTheNameFindsTheJournalOfTheOneBefore() async throws {
        try await withFolder { folder in
            let start: Int64 = 1_795_341_600_000
            #expect(await session(folder, sid: "RM_1", at: start, .paused(by: "ivo")).predecessor == nil)
            let second = await session(folder, sid: "RM_2", at: start + 40_000, .spoke(identity: "ada"))
            let found = try #require(second.predecessor)
            #expect(found.aliveAt == start + 30_000)
            #expect(found.entries.map(\.event) == [.began(room: "RM_1", name: "room"), .paused(by: "ivo")])
            // Another process in the same room still knows: it may not have been decided yet.
            let heir = await session(folder, sid: "RM_2", at: start + 50_000, .spoke(identity: "ada"))
            #expect(heir.predecessor == found && heir.reading.entries.count == 2)
            let third = await session(folder, sid: "RM_3", at: start + 90_000, .spoke(identity: "ada"))
            #expect(third.predecessor?.entries.first?.event == .began(room: "RM_2", name: "room"))
            #expect(third.predecessor?.aliveAt == start + 80_000)
        }
    }

    @Test func aNameOfOtherBytesIsAnotherRoom() async throws {
        try await withFolder { folder in
            _ = await session(folder, sid: "RM_1", name: "r\u{E9}", at: 1000, .paused(by: "ivo"))
            #expect(
                await session(folder, sid: "RM_2", name: "re\u{301}", at: 2000, .resumed(by: "i")).predecessor == nil)
            // Two names of one fingerprint: what stands in the file decides.
            let index = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_3", name: "other"))
            let first = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_1", name: "r\u{E9}"))
            try FileManager.default.copyItem(atPath: first.path, toPath: index.path)
            #expect(index.earlier() == nil && first.path != index.path)
        }
    }

    @Test func aRoomThatLostItsNameToAnotherDoesNotTouchItAnyMore() async throws {
        try await withFolder { folder in
            let old = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_1", name: "room"))
            let new = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_2", name: "room"))
            let next = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_3", name: "room"))
            old.begin(at: 1000)
            new.begin(at: 5000)
            old.isAlive(at: 9000)
            #expect(next.earlier() == .init(sid: "RM_2", alive: 5000))
            #expect(new.earlier() == .init(sid: "RM_1", alive: 1000))
        }
    }

    @Test(arguments: [
        "", "{", #"{"name":"room"}"#, #"{"name":"room","sid":7}"#, String(repeating: " ", count: 100_000),
    ])
    func aFileThatCannotBeReadIsNoPredecessorAndIsReplaced(text: String) async throws {
        try await withFolder { folder in
            let room = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_2", name: "room"))
            try FileManager.default.createDirectory(atPath: folder + "/rooms", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: room.path))
            #expect(room.earlier() == nil)
            room.begin(at: 1000)
            let next = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_3", name: "room"))
            #expect(next.earlier() == .init(sid: "RM_2", alive: 1000))
        }
    }

    @Test func whoeverElseUsesTheMachineReadsNoNames() async throws {
        try await withFolder { folder in
            let room = RoomIndex(stateDirectory: folder, room: RoomFacts(sid: "RM_1", name: "../../x"))
            room.begin(at: 1000)
            let attributes = try FileManager.default.attributesOfItem(atPath: room.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(room.path.hasPrefix(folder + "/rooms/") && !room.path.contains(".."))
        }
    }

    @Test func anEntryOfBeforeTheNameWasWrittenIsRead() {
        let reading = Journal.parse(Array(#"{"at":1,"event":"began","room":"RM_1"}"#.utf8 + [0x0A]))
        #expect(reading.entries == [JournalEntry(at: 1, event: .began(room: "RM_1", name: nil))])
    }
}
