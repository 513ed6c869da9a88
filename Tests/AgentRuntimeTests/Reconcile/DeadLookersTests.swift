import SansIO
import Testing

@testable import AgentRuntime

/// Both workers that look after all rooms die at once: whoever comes after them finds the one death before the other, and
/// not in the same order as its fellow.
@Suite struct DeadLookersTests {
    /// This worker comes after "1" and "2", and its fellow "7" after it.
    private func desk(seed: UInt64) -> Desk {
        var desk = Desk(seed: seed) { $0.instance = "3" }
        desk.isIntroducing = true
        desk.addRooms(60, ofEach: ["1", "2", "7"])
        desk.promise()
        desk.own = ["RM_3"]
        desk.answering = Set(desk.views.map(\.name))
        desk.start()
        desk.run(20)
        return desk
    }

    /// Both fall silent; one is found dead, and the other has left a question unanswered.
    private func inDoubt(seed: UInt64) throws -> (desk: Desk, dead: String, doubted: String) {
        var desk = desk(seed: seed)
        #expect(desk.created.isEmpty && !desk.core.isLooker)
        for view in desk.views where view.heir?.instance != "7" { desk.answering.remove(view.name) }
        for _ in 0..<300 where !desk.core.isDead("1") && !desk.core.isDead("2") { desk.run(0.01) }
        let (dead, doubted) = desk.core.isDead("1") ? ("1", "2") : ("2", "1")
        try #require(desk.core.isDead(dead) && desk.core.watch.isInDoubt(doubted))
        return (desk, dead, doubted)
    }

    private func rooms(of dead: [String], among sharers: [String], _ desk: Desk) -> Set<RoomName> {
        let turn = Turn(of: "3", among: sharers)
        let lost = desk.views.filter { dead.contains($0.heir?.instance ?? "") }
        return Set(lost.filter { turn.isMine($0.sid) }.map(\.name))
    }

    @Test(
        "rooms of two dead lookers are dispatched by one of the two who come after them, who find them dead in any order",
        arguments: 1...5 as ClosedRange<UInt64>)
    func both(seed: UInt64) throws {
        var (desk, dead, doubted) = try inDoubt(seed: seed)
        let sure = Set(desk.created.map(\.room))
        #expect(sure == rooms(of: [dead], among: [doubted, "3", "7"], desk))
        #expect(!sure.isEmpty && sure.isSubset(of: rooms(of: [dead], among: ["3", "7"], desk)))
        desk.run(0.8)
        #expect(desk.core.isDead(doubted))
        let all = desk.created.map(\.room)
        #expect(Set(all) == rooms(of: ["1", "2"], among: ["3", "7"], desk) && all.count == Set(all).count)
    }

    @Test(
        "a looker that answers late after all shares the other's rooms as ever",
        arguments: 1...5 as ClosedRange<UInt64>)
    func one(seed: UInt64) throws {
        var (desk, dead, doubted) = try inDoubt(seed: seed)
        // What it was asked meanwhile reaches it now.
        for index in desk.views.indices where desk.views[index].heir?.instance == doubted {
            let name = desk.views[index].name
            desk.answering.insert(name)
            guard let question = desk.questions.last(where: { $0.room == name }) else { continue }
            desk.views[index].assistants[0].answered = question.text
        }
        desk.run(1)
        #expect(!desk.core.isDead(doubted) && !desk.core.watch.isInDoubt(doubted))
        #expect(Set(desk.created.map(\.room)) == rooms(of: [dead], among: [doubted, "3"], desk))
    }
}
