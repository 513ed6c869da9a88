import LiveKit
import SansIO
import Testing

@testable import AgentRuntime

/// Whose attributes are taken for what a worker tells of itself.
@Suite struct PeerReadingTests {
    private let seat = RoomKey(name: "r", sid: "RM_1")

    private func reading(
        kind: RoomParticipant.Kind = .agent, identity: Identity? = nil, sid: String = "PA_1",
        state: RoomParticipant.State = .active
    ) -> PeerWatch.Reading {
        let participant = RoomParticipant(
            sid: sid, identity: identity ?? seat.assistant,
            attributes: [AgentInstance.attribute: "i", AgentInstance.aliveAttribute: "q"], kind: kind, state: state)
        return PeerWatch.Reading(participant, in: seat)
    }

    @Test("what the room's assistant shows counts")
    func assistant() {
        #expect(reading().instance == "i" && reading().hasAnswered("q"))
    }

    @Test("of anybody else nothing counts, whatever they show")
    func others() {
        let nothing = PeerWatch.Reading()
        #expect(reading(kind: .standard) == nothing)
        #expect(reading(identity: "jask-RM_2") == nothing)
        #expect(reading(sid: "") == nothing)
        #expect(reading(state: .disconnected) == nothing)
    }
}
