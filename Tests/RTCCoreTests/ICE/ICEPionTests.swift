import RTCCore
import SansIO
import Simulation
import Testing

/// How long a server on pion's agent takes to have a path with us, whatever comes first.
@Suite struct ICEPionTests {
    private typealias PionNetwork = ICENetwork<AgentPeer, PionPeer>

    /// A run from both descriptions being known to both sides having a path.
    /// - Parameter seed: draws the delays of the path and of the signalling, and with them the order of events.
    private func timeToConnect(
        _ role: ICEAgent.Role, seed: UInt64, ourAddresses: Int, loss: Double = 0
    ) -> (time: Duration, report: String) {
        var random = RandomSource.seeded(seed &* 77)
        func microseconds(_ range: ClosedRange<Int>) -> Duration {
            .microseconds(Int.random(in: range, using: &random))
        }
        let addresses = (0..<ourAddresses).map { iceAddress("10.\($0).0.1", 5000) }
        let network = PionNetwork(
            AgentPeer(role, at: addresses, seed: seed),
            PionPeer(role == .controlled ? .controlling : .controlled, at: iceAddress("10.0.0.2", 7882), seed: seed),
            .lossy(loss, delay: microseconds(50...3000)), seed: seed)
        // When our description is applied there; when we know theirs; when its candidate comes, in it or after it.
        let start = network.now
        var steps: [(at: Duration, act: (PionNetwork) -> Void)] = [
            (
                microseconds(0...8000),
                {
                    $0.right.start(
                        $0.left.agent.localCredentials, candidates: $0.left.agent.localCandidates, at: $0.now)
                }
            )
        ]
        let known = microseconds(0...8000)
        steps.append((known, { $0.left.agent.setRemote(credentials: $0.right.credentials, isLite: false, at: $0.now) }))
        steps.append(
            (known + microseconds(0...6000), { $0.left.agent.addRemoteCandidate($0.right.candidate, at: $0.now) }))
        for step in steps.sorted(by: { $0.at < $1.at }) {
            network.run(for: start + step.at - network.now)
            step.act(network)
        }
        let begun = network.now
        network.run(for: .seconds(10)) { $0.right.selected != nil && $0.left.agent.selectedPair != nil }
        let report = "seed \(seed), \(network.right.requestsRefused) refused\n\(network.left.agent.pairTable())"
        return (network.now - begun, report)
    }

    private func worst(_ role: ICEAgent.Role, ourAddresses: Int) -> (time: Duration, report: String) {
        let runs = (UInt64(0)..<500).map { timeToConnect(role, seed: $0, ourAddresses: ourAddresses) }
        let times = runs.map(\.time).sorted()
        print(
            "pion's agent, we are \(role), \(ourAddresses) addresses: median \(times[250].wholeMilliseconds) ms, "
                + "worst of 500 \(times[499].wholeMilliseconds) ms, \(times.count { $0 >= .milliseconds(150) }) at its tick"
        )
        return runs.max { $0.time < $1.time } ?? (.zero, "")
    }

    @Test(arguments: [1, 2])
    func asControlledSideWeNeverWaitForTheTickOfPionsAgent(ourAddresses: Int) {
        let worst = worst(.controlled, ourAddresses: ourAddresses)
        #expect(worst.time < .milliseconds(60), "\(worst.report)")
    }

    @Test(arguments: [1, 2])
    func asControllingSideWeNeverWaitForTheTickOfPionsAgent(ourAddresses: Int) {
        let worst = worst(.controlling, ourAddresses: ourAddresses)
        #expect(worst.time < .milliseconds(60), "\(worst.report)")
    }

    @Test func aLostPacketCostsOneTickOfPionsAgent() {
        let times = (UInt64(0)..<300).map {
            timeToConnect(.controlled, seed: $0, ourAddresses: 1, loss: 0.1).time
        }.sorted()
        print(
            "pion's agent, 10 % loss: median \(times[150].wholeMilliseconds) ms, "
                + "\(times.count { $0 >= .milliseconds(150) }) of 300 at its first tick or later, "
                + "\(times.count { $0 >= .milliseconds(350) }) at its second, "
                + "worst \(times[299].wholeMilliseconds) ms")
        #expect(times[150] < .milliseconds(60))
        // Of the half dozen packets that it takes, two are seldom lost.
        #expect(times[240] < .milliseconds(350))
    }

    @Test func aPeerThatNominatesAtOnceIsNotReminded() {
        for delay in [1, 10] {
            let network = AgentNetwork.agents(.lossy(0, delay: .milliseconds(delay)))
            #expect(network.connect())
            #expect(network.packets.count <= 8, "\(delay) ms: \(network.packets.count) packets")
        }
    }

    @Test func aPeerThatDoesNotNominateIsRemindedAFewTimesOnly() {
        let network = ScriptedNetwork.scripted(.controlled)
        network.signal(isLite: false)
        network.right.check(network.left.agent, at: iceAddress("10.0.0.1", 5000), [.iceControlling(9)])
        network.run(for: .seconds(30))
        #expect(network.left.agent.selectedPair == nil)
        // The check, and the reminders.
        #expect(network.right.requests.count == 5)
        let times = network.right.requests.map { $0.at - network.right.requests[0].at }
        #expect(times.allSatisfy { $0 < .milliseconds(250) }, "\(times)")
    }
}
