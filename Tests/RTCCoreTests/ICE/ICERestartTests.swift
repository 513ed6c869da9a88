import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct ICERestartTests {
    /// The left side restarts, the right side answers, as an offer and an answer `delay` later would have it.
    private func restartFromLeft(_ network: AgentNetwork, delay: Duration = .milliseconds(50)) {
        let offered = network.left.agent.restart(at: network.now)
        network.run(for: delay)
        network.right.agent.setRemote(credentials: offered, isLite: false, at: network.now)
        var candidates = network.left.agent.localCandidates.filter { $0.kind == .host }
        for candidate in candidates { network.right.agent.addRemoteCandidate(candidate, at: network.now) }
        let answered = network.right.agent.localCredentials
        network.run(for: delay)
        network.left.agent.setRemote(credentials: answered, isLite: false, at: network.now)
        candidates = network.right.agent.localCandidates.filter { $0.kind == .host }
        for candidate in candidates { network.left.agent.addRemoteCandidate(candidate, at: network.now) }
    }

    private func isRenewed(_ network: AgentNetwork) -> Bool {
        network.isConnected && !network.left.agent.isRestarting && !network.right.agent.isRestarting
    }

    @Test(arguments: [ICEAgent.Role.controlling, .controlled], [0, 0.3])
    func aRestartWhileDataFlowsKeepsAPairAllTheWay(role: ICEAgent.Role, loss: Double) {
        for seed in UInt64(0)..<15 {
            let network = AgentNetwork.agents(
                .lossy(loss), seed: seed,
                roles: role == .controlling ? (.controlling, .controlled) : (.controlled, .controlling))
            #expect(network.connect(), "seed \(seed)")
            network.run(for: .seconds(3))
            let before = (network.left.agent.localCredentials, network.right.agent.localCredentials)
            var interruptions = 0
            let offered = network.left.agent.restart(at: network.now)
            #expect(network.left.agent.isRestarting)
            #expect(network.left.agent.selectedPair != nil)
            // Signalling is slow: consent on the old pair has to go on meanwhile.
            network.run(for: .seconds(12)) { network in
                if network.left.agent.selectedPair == nil || network.right.agent.selectedPair == nil {
                    interruptions += 1
                }
                return false
            }
            network.right.agent.setRemote(credentials: offered, isLite: false, at: network.now)
            network.run(for: .seconds(2))
            network.left.agent.setRemote(
                credentials: network.right.agent.localCredentials, isLite: false, at: network.now)
            for candidate in network.right.agent.localCandidates where candidate.kind == .host {
                network.left.agent.addRemoteCandidate(candidate, at: network.now)
            }
            let isDone = network.run(for: .seconds(12)) { network in
                if network.left.agent.selectedPair == nil || network.right.agent.selectedPair == nil {
                    interruptions += 1
                }
                return isRenewed(network)
            }
            #expect(isDone, "seed \(seed)\n\(network.tables)")
            #expect(interruptions == 0, "seed \(seed)")
            #expect(before.0 != network.left.agent.localCredentials, "seed \(seed)")
            #expect(before.1 != network.right.agent.localCredentials, "seed \(seed)")
            #expect(network.left.selections.count == 2, "seed \(seed)")
            #expect(network.left.states == [.checking, .connected], "seed \(seed): \(network.left.states)")
            network.run(for: .seconds(40))
            #expect(network.isConnected, "seed \(seed)")
        }
    }

    @Test func aRestartWhileCheckingBeginsAnew() {
        for seed in UInt64(0)..<20 {
            let network = AgentNetwork.agents(.lossy(0.3), seed: seed)
            network.signal()
            network.run(for: .milliseconds(15))
            #expect(network.left.agent.state == .checking)
            restartFromLeft(network)
            #expect(network.run(for: .seconds(12)) { isRenewed($0) }, "seed \(seed)\n\(network.tables)")
        }
    }

    @Test func aSecondRestartBeforeTheFirstIsAnsweredWins() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        let forgotten = network.left.agent.restart(at: network.now)
        network.run(for: .seconds(1))
        #expect(network.left.agent.selectedPair != nil)
        restartFromLeft(network)
        #expect(network.run(for: .seconds(5)) { isRenewed($0) }, "\(network.tables)")
        #expect(network.left.agent.localCredentials != forgotten)
    }

    @Test func aRestartMovesToNewAddressesWhenTheOldPathIsDead() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        network.translate = { _, datagram in
            datagram.local.address.ip != IPAddress("10.0.0.1") && datagram.remote.ip != IPAddress("10.0.0.1")
        }
        network.run(for: .seconds(12))
        #expect(network.left.agent.state == .disconnected)
        let moved = iceAddress("10.7.0.1", 5000)
        network.left.agent.addLocalCandidate(.host(moved, localPreference: 3), at: network.now)
        restartFromLeft(network)
        #expect(network.run(for: .seconds(2)) { isRenewed($0) }, "\(network.tables)")
        #expect(network.left.agent.selectedPair?.local == .udp(moved))
        #expect(network.right.agent.selectedPair?.remote == moved)
    }

    @Test func aRestartLeadsOutOfFailure() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        network.isDown = true
        network.run(for: .seconds(40))
        #expect(network.left.agent.state == .failed && network.right.agent.state == .failed)
        network.isDown = false
        restartFromLeft(network)
        #expect(network.run(for: .seconds(2)) { isRenewed($0) }, "\(network.tables)")
    }

    @Test func bothOrdersOfTheAnswerersCallsGiveTheSame() {
        for restartsFirst in [true, false] {
            let network = AgentNetwork.agents()
            #expect(network.connect())
            let offered = network.left.agent.restart(at: network.now)
            if restartsFirst { network.right.agent.restart(at: network.now) }
            network.right.agent.setRemote(credentials: offered, isLite: false, at: network.now)
            if !restartsFirst { network.right.agent.restart(at: network.now) }
            network.left.agent.setRemote(
                credentials: network.right.agent.localCredentials, isLite: false, at: network.now)
            network.left.agent.addRemoteCandidate(
                .host(iceAddress("10.0.0.2", 6000), localPreference: 65_535), at: network.now)
            #expect(network.run(for: .seconds(2)) { isRenewed($0) }, "restart first: \(restartsFirst)")
        }
    }

    @Test func theSameCredentialsAgainAreNoRestart() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        let credentials = network.left.agent.localCredentials
        network.left.agent.setRemote(
            credentials: network.right.agent.localCredentials, isLite: false, at: network.now)
        #expect(!network.left.agent.isRestarting)
        #expect(network.left.agent.localCredentials == credentials)
    }

    @Test func aRestartThatIsNeverAnsweredLeavesTheOldPair() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        network.left.agent.restart(at: network.now)
        network.run(for: .seconds(120))
        #expect(network.left.agent.state == .connected && network.left.agent.isRestarting)
        #expect(network.left.agent.selectedPair != nil)
        #expect(network.right.agent.state == .connected)
    }

    @Test func aRestartThatIsNeverAnsweredDoesNotOutliveTheConsentOfTheOldPair() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        network.left.agent.restart(at: network.now)
        network.isDown = true
        network.run(for: .seconds(29))
        #expect(network.left.agent.selectedPair != nil)
        network.run(for: .seconds(6))
        #expect(network.left.agent.selectedPair == nil && network.left.agent.state == .checking)
        // Nothing is sent to a peer that no longer agrees to it.
        let sent = network.packets.count
        network.run(for: .seconds(20))
        #expect(network.packets.filter(\.fromLeft).count == network.packets.prefix(sent).filter(\.fromLeft).count)
        // The answer still completes the restart.
        network.isDown = false
        network.right.agent.setRemote(
            credentials: network.left.agent.localCredentials, isLite: false, at: network.now)
        network.left.agent.setRemote(
            credentials: network.right.agent.localCredentials, isLite: false, at: network.now)
        network.left.agent.addRemoteCandidate(
            .host(iceAddress("10.0.0.2", 6000), localPreference: 65_535), at: network.now)
        #expect(network.run(for: .seconds(2)) { $0.isConnected })
    }

    @Test func aRestartThatFindsNoPairLeavesTheOldPairToItsConsent() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        network.left.agent.restart(at: network.now)
        // The peer's new session has no reachable candidate and knows nothing of ours.
        network.left.agent.setRemote(
            credentials: ICECredentials(ufrag: "none", password: "nobody has this password"), isLite: false,
            at: network.now)
        network.left.agent.addRemoteCandidate(
            .host(iceAddress("10.9.9.9", 9), localPreference: 1), at: network.now)
        network.run(for: .seconds(60))
        #expect(network.left.agent.state == .connected)
        network.isDown = true
        network.run(for: .seconds(60))
        #expect(network.left.agent.state == .failed)
    }

    @Test func candidatesFindTheSessionTheyNameOrAreSetAside() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        let old = network.right.agent.localCredentials.ufrag
        network.left.agent.restart(at: network.now)
        var stale = ICECandidate.host(iceAddress("10.3.0.1", 1), localPreference: 1)
        stale.ufrag = old
        var early = ICECandidate.host(iceAddress("10.3.0.2", 1), localPreference: 1)
        early.ufrag = "next"
        var stray = ICECandidate.host(iceAddress("10.3.0.3", 1), localPreference: 1)
        stray.ufrag = "other"
        for candidate in [stale, early, stray] { network.left.agent.addRemoteCandidate(candidate, at: network.now) }
        network.left.agent.setRemote(
            credentials: ICECredentials(ufrag: "next", password: "the password of the next session"), isLite: false,
            at: network.now)
        #expect(network.left.agent.remoteCandidates == [early])
        #expect(
            network.left.agent.setAsideCandidates == [
                ICESetAsideCandidate(candidate: stale, reason: .otherSession),
                ICESetAsideCandidate(candidate: stray, reason: .otherSession),
            ])
    }
}
