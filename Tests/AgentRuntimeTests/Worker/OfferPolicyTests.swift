import LiveKit
import SansIO
import Testing

@testable import AgentRuntime

@Suite struct OfferPolicyTests {
    private func dispatch(_ id: String, _ seconds: Double, agent: String = "") -> RoomView.Dispatch {
        RoomView.Dispatch(id: id, agentName: agent, metadata: "", createdAt: Int64(seconds * 1e9))
    }

    private func room(_ assistants: RoomView.Assistant...) -> RoomView {
        RoomView(name: "r", sid: "RM_1", people: 1, assistants: assistants)
    }

    private func assistant(
        _ liveness: RoomView.Liveness, joined seconds: Double = 0, identity: Identity = "jask-RM_1"
    ) -> RoomView.Assistant {
        RoomView.Assistant(
            identity: identity, sid: "PA_1", instance: "i", liveness: liveness, joinedAt: Int64(seconds * 1e9))
    }

    private func verdict(
        _ id: String, _ room: RoomView, _ dispatches: RoomView.Dispatch...
    ) -> OfferPolicy.Verdict {
        OfferPolicy.verdict(dispatchID: id, agentName: "", room: room, dispatches: dispatches)
    }

    @Test func whatTheProcessKnowsDecidesFirst() {
        func own(_ sid: String = "RM_1", rooms: Set<String> = [], draining: Bool = false, room: Bool = true)
            -> OfferPolicy.Verdict
        {
            OfferPolicy.verdict(roomSID: sid, ownRooms: rooms, isDraining: draining, hasRoom: room)
        }
        #expect(own() == .accept)
        #expect(own("") == .unusable)
        #expect(own(draining: true) == .draining)
        #expect(own(room: false) == .full)
        #expect(own(rooms: ["RM_1"], draining: true) == .alreadyHere, "another worker must not take it either")
    }

    @Test func aLivingAssistantIsEnough() {
        #expect(verdict("a", room(assistant(.alive)), dispatch("a", 10)) == .covered)
        #expect(verdict("a", room(assistant(.dead)), dispatch("a", 10)) == .accept)
        #expect(verdict("a", room(assistant(.alive, identity: "jask-RM_0")), dispatch("a", 10)) == .accept)
    }

    @Test func ofTwoDispatchesOfOneMomentExactlyOneIsTaken() {
        let pair = (dispatch("a", 10), dispatch("b", 10.2))
        #expect(verdict("a", room(), pair.0, pair.1) == .accept)
        #expect(verdict("b", room(), pair.0, pair.1) == .outranked)
        let same = (dispatch("a", 10), dispatch("b", 10))
        #expect(verdict("a", room(), same.0, same.1) == .accept)
        #expect(verdict("b", room(), same.0, same.1) == .outranked)
    }

    @Test func olderDispatchesAreNoRivals() {
        #expect(verdict("b", room(), dispatch("a", 10), dispatch("b", 14)) == .accept)
        #expect(verdict("b", room(), dispatch("a", 10, agent: "other"), dispatch("b", 10.1)) == .accept)
        // The first one brought the assistant that died a second later.
        #expect(verdict("b", room(assistant(.dead, joined: 10.5)), dispatch("a", 10), dispatch("b", 11)) == .accept)
    }

    @Test func aDispatchWhoseJobsHaveEndedIsNoRival() {
        var ended = dispatch("a", 10)
        ended.isOver = true
        #expect(verdict("b", room(), ended, dispatch("b", 12)) == .accept)
    }

    @Test func answersToTheServer() {
        let identity = AgentIdentity(identity: "jask-RM_1")
        #expect(JobAnswer(.accept, identity: identity) == .accept(identity))
        #expect(JobAnswer(.full, identity: identity) == .decline)
        #expect(JobAnswer(.draining, identity: identity) == .decline)
        #expect(JobAnswer(.alreadyHere, identity: identity) == .closeWithoutRunning)
        #expect(JobAnswer(.covered, identity: identity) == .closeWithoutRunning)
        #expect(JobAnswer(.outranked, identity: identity) == .closeWithoutRunning)
    }
}
