import Testing

@testable import AgentRuntime

@Suite struct RoomViewTests {
    @Test("names that only look alike are others: no assistant's, and no room's")
    func namesAreBytes() {
        let twin = RoomView.Assistant(
            identity: "jask-RM_\u{212A}1", sid: "PA_1", instance: "i", liveness: .alive, joinedAt: 0)
        #expect(RoomView(name: "r", sid: "RM_K1", people: 1, assistants: [twin]).heir == nil)
        #expect(RoomKey(name: "\u{E9}", sid: "RM_1") != RoomKey(name: "e\u{301}", sid: "RM_1"))
    }
}
