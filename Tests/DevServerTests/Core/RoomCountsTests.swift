import LiveKit
import SansIO
import Testing

@testable import DevServer

@Suite struct RoomCountsTests {
    private func listed(_ world: World) -> UInt32? { world.core.listRooms(.init()).rooms.first?.numParticipants }

    @Test("who joins a new room is counted 5 s after it was made")
    func newRoom() throws {
        let world = try World()
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.createRoom(.with { $0.name = "r" }, at: now)
        }
        world.pass(.seconds(1))
        world.join("a")
        #expect(world.core.rooms["r"]?.standardParticipants == 1)
        world.pass(.milliseconds(3900))
        #expect(listed(world) == 0)
        world.pass(.milliseconds(200))
        #expect(listed(world) == 1)
    }

    @Test("where the last news are more than 5 s old, a change is counted at once, and the next with the round after")
    func oldRoom() throws {
        let world = try World()
        let a = world.join("a")
        world.pass(.seconds(12))
        let b = world.join("b")
        world.pass(.milliseconds(1))
        #expect(listed(world) == 2)
        world.leave(b)
        // Counted at 12 s, so not at 15 but at 20.
        world.pass(.milliseconds(7900))
        #expect(listed(world) == 2)
        world.pass(.milliseconds(200))
        #expect(listed(world) == 1)
        let told = world.news(a).compactMap { if case .roomUpdate(let u) = $0 { u.room.numParticipants } else { nil } }
        #expect(told == [1, 2, 1])
    }

    @Test("what changes no count puts the next news off by nothing")
    func unchanged() {
        var counts = RoomCounts(interval: .seconds(5), at: .zero)
        counts.changed(at: .zero + .seconds(6))
        #expect(counts.due == .zero + .seconds(6))
        let isNews = counts.count(participants: 0, publishers: 0, at: .zero + .seconds(6))
        #expect(!isNews && counts.due == nil)
        counts.changed(at: .zero + .seconds(7))
        #expect(counts.due == .zero + .seconds(7), "still at once")
    }
}
