import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct ICERoleTests {
    @Test(arguments: [ICEAgent.Role.controlling, .controlled])
    func twoAgentsOfOneRoleAgreeWhoeverHasTheLargerTieBreaker(role: ICEAgent.Role) {
        var leftWon = 0
        for seed in UInt64(0)..<30 {
            let network = AgentNetwork.agents(.lossy(seed % 2 == 0 ? 0 : 0.2), seed: seed, roles: (role, role))
            #expect(network.connect(within: .seconds(12)), "seed \(seed)\n\(network.tables)")
            network.run(for: .seconds(6))
            #expect(network.left.agent.role != network.right.agent.role, "seed \(seed)")
            #expect(network.isConnected, "seed \(seed)\n\(network.tables)")
            if network.left.agent.role == role { leftWon += 1 }
            let changes = (network.left.events + network.right.events).filter {
                if case .roleChanged = $0.event { true } else { false }
            }
            #expect(changes.count == 1, "seed \(seed): \(changes)")
        }
        #expect(leftWon > 3 && leftWon < 27)
    }

    @Test func aConflictFoundOutByTheAnswerAloneIsSettled() {
        // The right side's checks do not get through until the left has yielded, so that only 487 can tell.
        for seed in UInt64(0)..<10 {
            let network = AgentNetwork.agents(seed: seed, roles: (.controlling, .controlling))
            network.translate = { fromLeft, datagram in
                fromLeft || (try? STUNMessage(parsing: datagram.payload))?.messageClass != .request
            }
            network.signal()
            network.run(for: .seconds(2))
            network.translate = { _, _ in true }
            #expect(network.run(for: .seconds(5)) { $0.isConnected }, "seed \(seed)\n\(network.tables)")
            #expect(network.left.agent.role != network.right.agent.role, "seed \(seed)")
        }
    }

    @Test func aControlledAgentTakesControlOfALitePeer() {
        let network = ScriptedNetwork.scripted(.controlled)
        network.signal(isLite: true)
        #expect(network.run(for: .seconds(1)) { $0.left.agent.state == .connected })
        #expect(network.left.agent.role == .controlling)
        #expect(network.left.events.contains { $0.event == .roleChanged(.controlling) })
    }

    @Test func theLoserOfAConflictIsToldWithASignedError() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.signal(isLite: false)
        network.right.check(
            network.left.agent, at: iceAddress("10.0.0.1", 5000), [.iceControlling(0)])
        network.run(for: .milliseconds(15))
        #expect(network.answers.map(\.errorCode?.code) == [487])
        let key = Array(network.left.agent.localCredentials.password.utf8)
        #expect(network.answers.allSatisfy { $0.hasValidIntegrity(key: key) })
        #expect(network.left.agent.role == .controlling)
    }

    @Test func theLoserOfAConflictGivesInAtOnce() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.signal(isLite: false)
        network.right.check(network.left.agent, at: iceAddress("10.0.0.1", 5000), [.iceControlling(.max)])
        network.run(for: .milliseconds(15))
        #expect(network.answers.map(\.messageClass) == [.success])
        #expect(network.left.agent.role == .controlled)
    }

    @Test func ofTwoControlledAgentsTheOneWithTheLargerTieBreakerTakesControl() {
        for (theirs, role, answer) in [
            (UInt64(0), ICEAgent.Role.controlling, nil), (.max, .controlled, STUNErrorCode.roleConflict.code),
        ] {
            let network = ScriptedNetwork.scripted(.controlled)
            network.signal(isLite: false)
            network.right.check(network.left.agent, at: iceAddress("10.0.0.1", 5000), [.iceControlled(theirs)])
            network.run(for: .milliseconds(15))
            #expect(network.answers.map(\.errorCode?.code) == [answer], "tie-breaker \(theirs)")
            #expect(network.left.agent.role == role, "tie-breaker \(theirs)")
        }
    }

    @Test func aRepeatedRoleConflictAnswerTurnsTheRoleOnce() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.error = .roleConflict
        network.right.copies = 3
        network.signal(isLite: false)
        network.run(for: .milliseconds(25)) { $0.left.agent.role == .controlled }
        #expect(network.left.agent.role == .controlled)
        network.right.error = nil
        network.run(for: .seconds(1))
        #expect(network.left.agent.role == .controlled)
        #expect(network.right.requests.contains { $0.message.iceControlled != nil })
        #expect(network.left.agent.statistics.roleConflicts == 1)
    }

    @Test func anUnsignedRoleConflictAnswerIsIgnored() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.error = .roleConflict
        network.right.forgedPassword = "somebody else's password"
        network.signal(isLite: false)
        network.run(for: .seconds(1))
        #expect(network.left.agent.role == .controlling)
        #expect(network.left.agent.statistics.unauthenticated > 0)
    }

    @Test func theRoleMayBeSetBeforeTheChecks() {
        let network = AgentNetwork.agents(roles: (.controlled, .controlled))
        network.left.agent.setRole(.controlling)
        #expect(network.connect())
        #expect(network.left.agent.role == .controlling && network.right.agent.role == .controlled)
        #expect(network.left.agent.statistics.roleConflicts == 0)
    }
}
