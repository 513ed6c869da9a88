import RTCCore
import SansIO
import Simulation
import Testing

/// A controlled agent under a scripted controlling peer.
@Suite struct ICENominationTests {
    private let here = iceAddress("10.0.0.1", 5000)
    private let other = iceAddress("10.0.0.3", 7000)

    private func network() -> ScriptedNetwork {
        let network = ScriptedNetwork.scripted(.controlled)
        network.signal(isLite: false)
        return network
    }

    private func nominate(
        _ network: ScriptedNetwork, from source: TransportAddress? = nil, id: UInt64
    ) {
        network.right.check(
            network.left.agent, from: source, at: here, [.iceControlling(9), .useCandidate], id: id)
        network.run(for: .milliseconds(200))
    }

    @Test func aNominationBeforeOurOwnCheckSucceedsTakesEffectWhenItDoes() {
        let network = network()
        network.right.isMute = true
        nominate(network, id: 1)
        #expect(network.left.agent.selectedPair == nil)
        network.right.isMute = false
        #expect(network.run(for: .seconds(2)) { $0.left.agent.state == .connected })
    }

    @Test func ofAnAggressiveNominatorsPairsTheBestIsUsed() {
        let network = network()
        // The peer-reflexive pair is nominated first, then the better host pair, then the first again.
        nominate(network, from: other, id: 1)
        #expect(network.left.agent.selectedPair?.remote == other)
        nominate(network, id: 2)
        #expect(network.left.agent.selectedPair?.remote == network.right.candidate.address)
        nominate(network, from: other, id: 3)
        #expect(network.left.agent.selectedPair?.remote == network.right.candidate.address)
    }

    @Test func aLowerPairNominatedAfterLongQuietIsANewChoice() {
        let network = network()
        nominate(network, id: 1)
        network.run(for: .seconds(15))
        nominate(network, from: other, id: 2)
        #expect(network.left.agent.selectedPair?.remote == other)
    }

    @Test func aNominatorThatRepeatsItselfChangesNothing() {
        let network = network()
        for id in UInt64(1)...20 { nominate(network, id: id) }
        #expect(network.left.selections.count == 1)
        #expect(network.left.states == [.checking, .connected])
    }

    @Test func aNominationFromTheControlledSideIsIgnored() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.isMute = true
        network.signal(isLite: false)
        network.right.check(network.left.agent, at: here, [.iceControlled(1), .useCandidate])
        network.run(for: .seconds(1))
        #expect(network.left.agent.selectedPair == nil)
        #expect(network.answers.map(\.messageClass) == [.success])
    }
}
