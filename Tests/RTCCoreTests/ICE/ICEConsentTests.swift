import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct ICEConsentTests {
    private func connected(_ conditions: LinkConditions = .lossy(0), seed: UInt64 = 1) -> AgentNetwork {
        let network = AgentNetwork.agents(conditions, seed: seed)
        #expect(network.connect(), "seed \(seed)\n\(network.tables)")
        return network
    }

    @Test func anIdlePathIsCheckedEveryTwoSecondsOrSo() {
        let network = connected()
        network.run(for: .seconds(60))
        let checks = network.left.agent.statistics.consentChecksSent
        #expect((24...38).contains(checks), "\(checks)")
        #expect(network.isConnected)
    }

    @Test func thirtyPercentLossForTwoMinutesDisconnectsNobody() {
        for seed in UInt64(0)..<20 {
            let network = connected(.lossy(0.3), seed: seed)
            network.run(for: .seconds(120))
            #expect(network.left.states == [.checking, .connected], "seed \(seed)")
            #expect(network.right.states == [.checking, .connected], "seed \(seed)")
        }
    }

    @Test(arguments: [5, 10, 15, 25])
    func aBlackoutIsSurvivedAndLeftWithinASecond(seconds: Int) {
        for seed in UInt64(0)..<10 {
            let network = connected(seed: seed)
            network.run(for: .seconds(7))
            network.isDown = true
            network.run(for: .seconds(seconds))
            #expect(network.left.agent.selectedPair != nil)
            if seconds >= 15 { #expect(network.left.agent.state == .disconnected, "seed \(seed)") }
            if seconds <= 5 { #expect(network.isConnected, "seed \(seed)") }
            network.isDown = false
            let back = network.now
            #expect(network.run(for: .seconds(1)) { $0.isConnected }, "seed \(seed)\n\(network.tables)")
            network.run(for: .seconds(30))
            #expect(network.isConnected, "seed \(seed)")
            #expect(network.left.entered(.disconnected, after: back) == nil, "seed \(seed)")
        }
    }

    @Test func disconnectionIsToldTenSecondsAfterTheLastAnswerAndFailureAfterThirty() throws {
        let network = connected()
        network.run(for: .seconds(4))
        network.isDown = true
        let cut = network.now
        network.run(for: .seconds(60))
        let disconnected = try #require(network.left.entered(.disconnected))
        let failed = try #require(network.left.entered(.failed))
        #expect((.seconds(7.5)...(.seconds(10.6))).contains(disconnected - cut))
        #expect((.seconds(27.5)...(.seconds(30.6))).contains(failed - cut))
        #expect(network.left.agent.selectedPair == nil)
        #expect(network.left.agent.deadline == nil)
        // RFC 7675 §5.1: without consent nothing more is sent.
        let later = network.packets.filter { $0.fromLeft && $0.at > failed }
        #expect(later.isEmpty)
        network.isDown = false
        network.run(for: .seconds(10))
        #expect(network.left.agent.state == .failed)
    }

    @Test func aMachineThatSleptTwentySecondsHasLostNothing() {
        let network = connected()
        network.run(for: .seconds(5))
        network.sleep(for: .seconds(20))
        network.run(for: .seconds(10))
        #expect(network.left.states == [.checking, .connected])
        network.sleep(for: .seconds(120))
        network.run(for: .seconds(10))
        #expect(network.left.states == [.checking, .connected])
        #expect(network.isConnected)
    }

    @Test(arguments: [ICEAgent.Role.controlling, .controlled])
    func whenThePairInUseDiesAnotherTakesOver(role: ICEAgent.Role) {
        let network = AgentNetwork.agents(
            roles: role == .controlling ? (.controlling, .controlled) : (.controlled, .controlling),
            leftAt: [iceAddress("10.0.0.1", 5000), iceAddress("10.1.0.1", 5000)],
            rightAt: [iceAddress("10.0.0.2", 6000)])
        #expect(network.connect(), "\(network.tables)")
        #expect(network.left.agent.selectedPair?.local == .udp(iceAddress("10.0.0.1", 5000)))
        network.translate = { _, datagram in
            datagram.local.address.ip != IPAddress("10.0.0.1") && datagram.remote.ip != IPAddress("10.0.0.1")
        }
        #expect(
            network.run(for: .seconds(8)) { $0.left.agent.selectedPair?.local == .udp(iceAddress("10.1.0.1", 5000)) },
            "\(network.tables)")
        network.run(for: .seconds(40))
        #expect(network.isConnected, "\(network.tables)")
        #expect(!network.left.states.contains(.disconnected) && !network.right.states.contains(.disconnected))
    }

    @Test func aLitePeerThatAnswersOnlyNominationsStaysConnected() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.wantsNominations = true
        network.signal(isLite: true)
        #expect(network.run(for: .seconds(1)) { $0.left.agent.state == .connected })
        let connected = network.now
        network.run(for: .seconds(60))
        #expect(network.left.states == [.checking, .connected])
        #expect(network.right.requests.filter { $0.at > connected }.allSatisfy { $0.message.useCandidate })
        // Regular nomination: the first check does not nominate.
        #expect(network.right.requests.first?.message.useCandidate == false)
    }

    @Test func aControlledAgentNeverNominates() {
        let network = AgentNetwork.agents(roles: (.controlled, .controlling))
        #expect(network.connect())
        network.run(for: .seconds(10))
        let nominations = network.packets.filter(\.fromLeft).compactMap {
            try? STUNMessage(parsing: $0.datagram.payload)
        }
        .filter(\.useCandidate)
        #expect(nominations.isEmpty)
    }

    @Test func eachConsentCheckHasAnIdentifierOfItsOwn() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.signal(isLite: true)
        network.run(for: .seconds(3))
        network.right.isMute = true
        network.run(for: .seconds(9))
        let identifiers = network.right.requests.suffix(10).map(\.message.transactionID)
        #expect(Set(identifiers).count == 10)
        network.right.isMute = false
        #expect(network.run(for: .seconds(1)) { $0.left.agent.state == .connected })
    }
}
