import SansIO
import Testing

@testable import AgentRuntime

@Suite struct TakenOverRoomsTests {
    @Test func whoeverDeletesAnyDispatchOfARoomThatWasTakenOverMeansIt() {
        var desk = Desk()
        desk.addRoom()
        desk.promise()
        desk.promise()
        desk.own = ["RM_1"]
        desk.start()
        desk.core.tookOver(RoomKey(name: "r", sid: "RM_1"), dispatches: ["AD_0", "AD_1"], at: desk.now)
        desk.run(60)
        #expect(desk.dismissed.isEmpty)
        #expect((5...8).contains(desk.dispatchLists), "\(desk.dispatchLists) looks in a minute")
        desk.dispatches.removeFirst()
        desk.run(11)
        #expect(desk.dismissed == ["RM_1"])
        #expect(desk.created.isEmpty)
    }

    @Test func whereDispatchesWereNotListedAtTheOfferTheFirstLookFindsTwoOrTheAssistantIsDismissed() {
        for count in 0...3 {
            var desk = Desk()
            desk.addRoom()
            for _ in 0..<count { desk.promise() }
            desk.promise(agent: "somebody else's")
            desk.own = ["RM_1"]
            desk.start()
            desk.core.tookOver(RoomKey(name: "r", sid: "RM_1"), dispatches: nil, at: desk.now)
            desk.run(9.9)
            #expect(desk.dismissed.isEmpty, "not looked at yet")
            desk.run(0.2)
            #expect(desk.dismissed == (count < 2 ? ["RM_1"] : []), "\(count) dispatches")
            guard count > 1 else { continue }
            desk.run(30)
            #expect(desk.dismissed.isEmpty)
            desk.dispatches.remove(at: count - 1)
            desk.run(11)
            #expect(desk.dismissed == ["RM_1"], "from then on all that were found are needed")
        }
    }

    @Test func whereCallsAreAlwaysToBeSavedTheyAreLookedAtAllTheSameButLessOften() {
        var desk = Desk {
            $0.budget.callsPerSecond = 0.2
            $0.budget.burst = 1
        }
        desk.addRoom()
        desk.promise()
        desk.promise()
        desk.own = ["RM_1"]
        desk.start()
        desk.core.tookOver(RoomKey(name: "r", sid: "RM_1"), dispatches: ["AD_0", "AD_1"], at: desk.now)
        // The lists of rooms alone are more than what there is.
        desk.run(200)
        #expect((4...7).contains(desk.dispatchLists), "\(desk.dispatchLists) looks in 200 s")
        desk.dispatches.removeFirst()
        desk.run(41)
        #expect(desk.dismissed == ["RM_1"])
    }
}
