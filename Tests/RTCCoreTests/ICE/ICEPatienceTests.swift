import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct ICEPatienceTests {
    @Test func aPeerThatIsNotThereIsGivenUpAfterTheTimeOfPatience() throws {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.isMute = true
        let start = network.now
        network.signal(isLite: false)
        network.run(for: .seconds(90))
        let failed = try #require(network.left.entered(.failed))
        #expect((.seconds(39)...(.seconds(50))).contains(failed - start), "\(failed - start)")
        #expect(network.left.agent.deadline == nil)
        #expect(network.left.states == [.checking, .failed])
    }

    @Test func aPeerWithoutCandidatesIsGivenUpToo() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.left.agent.setRemote(credentials: network.right.credentials, isLite: false, at: network.now)
        network.run(for: .seconds(39))
        #expect(network.left.agent.state == .checking)
        network.run(for: .seconds(1))
        #expect(network.left.agent.state == .failed)
    }

    @Test(arguments: [3, 12, 25, 37])
    func aPeerThatWakesLateStillConnects(seconds: Int) {
        let network = AgentNetwork.agents()
        network.left.agent.setRemote(
            credentials: network.right.agent.localCredentials, isLite: false, at: network.now)
        network.left.agent.addRemoteCandidate(network.right.agent.localCandidates[0], at: network.now)
        network.isDown = true
        network.run(for: .seconds(seconds))
        network.isDown = false
        network.right.agent.setRemote(
            credentials: network.left.agent.localCredentials, isLite: false, at: network.now)
        network.right.agent.addRemoteCandidate(network.left.agent.localCandidates[0], at: network.now)
        #expect(network.run(for: .seconds(1)) { $0.isConnected }, "\(network.tables)")
    }

    @Test func aPeerThatNeverSendsChecksIsFineForAControllingAgent() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.signal(isLite: false)
        #expect(network.run(for: .seconds(1)) { $0.left.agent.state == .connected })
        network.run(for: .seconds(60))
        #expect(network.left.agent.state == .connected)
    }

    @Test func aControllingPeerThatNeverNominatesIsGivenUp() {
        let network = ScriptedNetwork.scripted(.controlled)
        network.signal(isLite: false)
        network.run(for: .seconds(39))
        #expect(network.left.agent.state == .checking)
        network.run(for: .seconds(2))
        #expect(network.left.agent.state == .failed)
        #expect(network.left.agent.pairTable().contains("valid"))
    }
}
