import SansIO
import Session
import Testing

@testable import AgentRuntime

/// Before a session begins.
@Suite struct WaitingInputsTests {
    private func packet(from sender: Identity, bytes: Int = 10) -> SessionInput {
        .packet(topic: "jask.code", sender: sender, payload: [UInt8](repeating: 32, count: bytes))
    }

    private func payloads(_ waiting: WaitingInputs, from identity: Identity) -> Int {
        waiting.inputs.count { if case .packet(_, let sender, _) = $0 { sender == identity } else { false } }
    }

    @Test func aFloodIsBoundedAndCostsNobodyElseAnything() {
        var waiting = WaitingInputs()
        for _ in 0..<5000 { waiting.append(packet(from: "mallory")) }
        for number in 0..<100 { waiting.append(packet(from: Identity("m\(number)"), bytes: 1 << 20)) }
        waiting.append(packet(from: "ada"))
        #expect(payloads(waiting, from: "mallory") == WaitingInputs.mostOfSender)
        #expect(payloads(waiting, from: "ada") == 1)
        #expect(waiting.inputs.count <= WaitingInputs.mostOfSender + 32 + 1)
        #expect(waiting.dropped == 5000 - WaitingInputs.mostOfSender + 100 - 31)
    }

    @Test func onlyTheLastStateOfAParticipantIsKeptAndWhoComesBackIsNew() {
        var waiting = WaitingInputs()
        for number in 0..<1000 {
            waiting.append(.participant(ParticipantFacts(identity: "ada", sid: "PA_1", name: "\(number)")))
        }
        waiting.append(.participantLeft(identity: "ada"))
        waiting.append(.participant(ParticipantFacts(identity: "ada", sid: "PA_2")))
        #expect(waiting.inputs.count == 3)
        guard case .participant(let first) = waiting.inputs[0], case .participant(let last) = waiting.inputs[2] else {
            Issue.record("not in order")
            return
        }
        #expect(first.name == "999" && first.sid == "PA_1" && last.sid == "PA_2")
    }
}
