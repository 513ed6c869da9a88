import Foundation
import SansIO
import Session
import Testing

@testable import AgentRuntime

@Suite struct EndedWatchTests {
    private let room = RoomKey(name: "r", sid: "RM_1")

    private func watch(_ rooms: RoomKey..., isSeen: Bool = true) -> EndedWatch {
        var watch = EndedWatch()
        watch.registered()
        for room in rooms { watch.add(room, isSeen: isSeen) }
        return watch
    }

    @Test func anEndedRoomIsAsGoodAsNewWhileItIsListed() {
        var watch = watch(room)
        for _ in 0..<1000 {
            #expect(watch.names == ["r"])
            #expect(watch.receive([room], askedFor: ["r"]) == [.isThere(room)])
        }
    }

    @Test func aRoomThatTheServerClosedIsOver() {
        var watch = watch(room)
        #expect(watch.receive([], askedFor: ["r"]) == [], "whoever has lost the server may not know it yet")
        #expect(watch.receive([], askedFor: ["r"]) == [.wasClosed(room)])
        #expect(watch.names == [])
    }

    @Test func aRoomThatWentWithTheServerIsNotOver() {
        let again = RoomKey(name: "r", sid: "RM_2")
        for listed in [[], [again]] as [Set<RoomKey>] {
            var watch = watch(room)
            watch.unregistered()
            #expect(watch.names == [] && watch.receive(listed, askedFor: ["r"]) == [])
            watch.registered()
            #expect(watch.receive(listed, askedFor: ["r"]) == [])
            #expect(watch.offered(again) == [] && watch.names == [], "nothing is left to be found out")
        }
    }

    @Test func whatIsSeenAgainAfterAnOutageIsWatchedAsBefore() {
        var watch = watch(room)
        watch.unregistered()
        watch.registered()
        #expect(watch.offered(RoomKey(name: "other", sid: "RM_3")) == [])
        #expect(watch.receive([room], askedFor: ["r"]) == [.isThere(room)])
        #expect(watch.offered(RoomKey(name: "r", sid: "RM_2")) == [.wasClosed(room)], "the name is used again")
    }

    @Test func namesAreComparedByTheirBytes() {
        var watch = watch(RoomKey(name: "r\u{E9}", sid: "RM_1"))
        #expect(watch.offered(RoomKey(name: "re\u{301}", sid: "RM_2")) == [])
        let rooms = [RoomKey(name: "\u{E9}", sid: "RM_1"), RoomKey(name: "e\u{301}", sid: "RM_2")]
        var both = EndedWatch()
        both.registered()
        for room in rooms { both.add(room, isSeen: true) }
        #expect(both.names.count == 2, "each has to be asked for, or it would be missing")
    }

    @Test func onlyWhatWasAskedForCanBeMissing() {
        var watch = watch(room)
        for _ in 0..<3 { #expect(watch.receive([], askedFor: ["other"]) == []) }
        #expect(watch.names == ["r"])
    }

    @Test func roomsAreBounded() {
        var watch = watch()
        for number in 0..<3000 { watch.add(RoomKey(name: "r\(number)", sid: "RM_\(number)"), isSeen: true) }
        #expect(watch.names.count == EndedWatch.mostRooms)
    }

    @Test func theStateFolderSaysWhichRoomsWereEnded() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-ended-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func room(_ sid: String, alive: Int64 = 5000, _ events: JournalEntry.Event...) {
            let facts = RoomFacts(sid: sid, name: RoomName("name of " + sid))
            let writer = JournalWriter(path: Journal.path(stateDirectory: folder, roomSID: sid))
            writer.append(JournalEntry(at: 1, event: .began(room: sid, name: facts.name)))
            for event in events { writer.append(JournalEntry(at: 2, event: event)) }
            writer.close()
            RoomIndex(stateDirectory: folder, room: facts).begin(at: alive)
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        room("RM_ended", .ended(by: "ivo"))
        room("RM_closed", .ended(by: "ivo"), .closed)
        room("RM_old", alive: 1000, .ended(by: "ivo"))
        room("RM_paused", .paused(by: "ivo"))
        let ended = RoomIndex.ended(stateDirectory: folder, since: 4000)
        #expect(ended == [RoomFacts(sid: "RM_ended", name: "name of RM_ended")])
        #expect(RoomIndex.ended(stateDirectory: folder + "/none", since: 0) == [])
    }
}
