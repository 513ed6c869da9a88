import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct ICEConnectTests {
    @Test func twoAgentsConnectInAFewRoundTripsWithoutAPacketTooMany() {
        let network = AgentNetwork.agents()
        #expect(network.connect(), "\(network.tables)")
        // A check each way, its answers, the nomination and its answer: nothing is wasted on a good path.
        #expect(network.packets.count <= 8, "\(network.packets.count) packets")
        #expect(network.now - Instant(nanoseconds: 1_000_000_000) <= .milliseconds(100))
        #expect(network.left.states == [.checking, .connected])
        #expect(network.right.states == [.checking, .connected])
        #expect(network.left.agent.selectedPair?.remote == iceAddress("10.0.0.2", 6000))
        #expect(network.left.agent.roundTripTime == .milliseconds(20))
    }

    @Test func thirtyPercentLossConnects() {
        var times: [Duration] = []
        var counts: [Int] = []
        for seed in UInt64(0)..<100 {
            let network = AgentNetwork.agents(.lossy(0.3), seed: seed)
            let start = network.now
            #expect(network.connect(within: .seconds(12)), "seed \(seed)\n\(network.tables)")
            times.append(network.now - start)
            counts.append(network.packets.count)
        }
        let median = (times.sorted()[50], counts.sorted()[50])
        let worst = (times.max() ?? .zero, counts.max() ?? 0)
        print(
            "30 % loss: median \(median.0.wholeMilliseconds) ms, \(median.1) packets; "
                + "worst of 100 \(worst.0.wholeMilliseconds) ms, \(worst.1) packets")
        #expect(median.0 < .seconds(1))
    }

    @Test func reorderingDuplicationJitterAndLossConnect() {
        for seed in UInt64(0)..<40 {
            var conditions = LinkConditions.lossy(0.15, delay: .milliseconds(40))
            conditions.jitter = .milliseconds(60)
            conditions.reorder = 0.4
            conditions.reorderDelay = .milliseconds(200)
            conditions.duplication = 0.5
            let network = AgentNetwork.agents(conditions, seed: seed)
            #expect(network.connect(within: .seconds(12)), "seed \(seed)\n\(network.tables)")
            network.run(for: .seconds(20))
            #expect(network.isConnected, "seed \(seed)")
            #expect(!network.left.states.contains(.disconnected), "seed \(seed)")
        }
    }

    @Test func aLongPathConnectsWithoutAStormOfRetransmissions() {
        let network = AgentNetwork.agents(.lossy(0, delay: .milliseconds(600)))
        #expect(network.connect(within: .seconds(10)), "\(network.tables)")
        #expect(network.packets.count < 60)
    }

    @Test func candidatesThatTrickleInOneByOneConnect() {
        let network = AgentNetwork.agents(leftAt: [], rightAt: [])
        network.exchangeCredentials()
        network.run(for: .seconds(3))
        #expect(network.left.agent.state == .checking)
        network.left.agent.addLocalCandidate(.host(iceAddress("10.0.0.1", 1), localPreference: 9), at: network.now)
        network.run(for: .seconds(1))
        network.right.agent.addLocalCandidate(.host(iceAddress("10.0.0.2", 2), localPreference: 9), at: network.now)
        network.run(for: .seconds(1))
        // Only one side hears of the other's candidate: the other learns it from the checks.
        network.left.agent.addRemoteCandidate(.host(iceAddress("10.0.0.2", 2), localPreference: 9), at: network.now)
        #expect(network.run(for: .seconds(1)) { $0.isConnected }, "\(network.tables)")
        #expect(network.right.agent.remoteCandidates.first?.kind == .peerReflexive)
    }

    @Test func candidatesBeforeTheCredentialsAreKept() {
        let network = AgentNetwork.agents()
        network.left.agent.addRemoteCandidate(network.right.agent.localCandidates[0], at: network.now)
        network.right.agent.addRemoteCandidate(network.left.agent.localCandidates[0], at: network.now)
        #expect(network.left.agent.remoteCandidates.isEmpty)
        #expect(network.left.agent.state == .new)
        network.exchangeCredentials()
        #expect(network.run(for: .seconds(1)) { $0.isConnected }, "\(network.tables)")
    }

    @Test func checksThatOvertakeTheAnswerAreAnsweredAndRemembered() {
        let network = AgentNetwork.agents()
        // The right side answers and checks at once; the left gets the answer by signalling 300 ms later.
        network.right.agent.setRemote(
            credentials: network.left.agent.localCredentials, isLite: false, at: network.now)
        network.right.agent.addRemoteCandidate(network.left.agent.localCandidates[0], at: network.now)
        network.run(for: .milliseconds(300))
        #expect(network.right.agent.statistics.responsesAccepted == 1)
        #expect(network.left.agent.state == .new)
        network.left.agent.setRemote(
            credentials: network.right.agent.localCredentials, isLite: false, at: network.now)
        #expect(network.run(for: .milliseconds(200)) { $0.isConnected }, "\(network.tables)")
    }

    @Test func ipv6AloneConnects() {
        let network = AgentNetwork.agents(
            leftAt: [iceAddress("2001:db8::1", 5000)], rightAt: [iceAddress("2001:db8::2", 6000)])
        #expect(network.connect(), "\(network.tables)")
    }

    @Test func addressesThatCannotReachEachOtherAreNotPaired() {
        let network = AgentNetwork.agents(
            leftAt: [iceAddress("127.0.0.1", 1), iceAddress("fe80::1", 2), iceAddress("2001:db8::1", 3)],
            rightAt: [iceAddress("10.0.0.2", 4), iceAddress("fe80::2", 5)])
        network.signal()
        network.run(for: .milliseconds(200))
        let checks = network.packets.filter {
            $0.fromLeft && (try? STUNMessage(parsing: $0.datagram.payload))?.messageClass == .request
        }
        let ways = Set(checks.map { "\($0.datagram.local) \($0.datagram.remote)" })
        // Loopback is tried: it reaches the other addresses of its own machine.
        #expect(ways == ["127.0.0.1:1 10.0.0.2:4", "[fe80::1]:2 [fe80::2]:5"])
    }

    @Test func ofSeveralPairsThatWorkTheBestIsTaken() {
        let network = AgentNetwork.agents(
            leftAt: [iceAddress("10.0.0.1", 5000), iceAddress("10.1.0.1", 5000)],
            rightAt: [iceAddress("10.0.0.2", 6000), iceAddress("10.1.0.2", 6000)])
        #expect(network.connect(), "\(network.tables)")
        #expect(network.left.agent.selectedPair?.local == .udp(iceAddress("10.0.0.1", 5000)))
        #expect(network.left.agent.selectedPair?.remote == iceAddress("10.0.0.2", 6000))
        #expect(network.left.selections.count == 1 && network.right.selections.count == 1)
    }

    @Test func aBestPairThatIsDeadDelaysTheNextLittle() {
        let network = AgentNetwork.agents(
            leftAt: [iceAddress("10.0.0.1", 5000), iceAddress("10.1.0.1", 5000)],
            rightAt: [iceAddress("10.0.0.2", 6000), iceAddress("10.1.0.2", 6000)])
        network.translate = { _, datagram in
            datagram.local.address.ip != IPAddress("10.0.0.1") && datagram.remote.ip != IPAddress("10.0.0.1")
        }
        let start = network.now
        #expect(network.connect(), "\(network.tables)")
        #expect(network.left.agent.selectedPair?.local == .udp(iceAddress("10.1.0.1", 5000)))
        #expect(network.now - start < .milliseconds(300))
    }

    @Test func behindANATBothLearnThePeerReflexiveAddress() {
        let outside = iceAddress("203.0.113.9", 40_000)
        let inside = iceAddress("10.0.0.1", 5000)
        let network = AgentNetwork.agents()
        network.translate = { fromLeft, datagram in
            if fromLeft {
                datagram.local = .udp(outside)
            } else {
                // The host candidate behind the NAT cannot be reached.
                guard datagram.remote == outside else { return false }
                datagram.remote = inside
            }
            return true
        }
        #expect(network.connect(), "\(network.tables)")
        #expect(network.right.agent.selectedPair?.remote == outside)
        #expect(network.right.agent.remoteCandidates.contains { $0.kind == .peerReflexive && $0.address == outside })
        let learnt = network.left.agent.localCandidates.first { $0.kind == .peerReflexive }
        #expect(learnt?.address == outside)
        #expect(learnt?.relatedAddress == inside)
        #expect(network.left.agent.selectedPair?.local == .udp(inside))
    }

    @Test func aPeerReflexiveCandidateThatIsSignalledLaterIsReplaced() {
        let network = AgentNetwork.agents()
        network.exchangeCredentials()
        network.left.agent.addRemoteCandidate(network.right.agent.localCandidates[0], at: network.now)
        #expect(network.run(for: .seconds(1)) { $0.isConnected })
        #expect(network.right.agent.remoteCandidates.map(\.kind) == [.peerReflexive])
        network.right.agent.addRemoteCandidate(network.left.agent.localCandidates[0], at: network.now)
        #expect(network.right.agent.remoteCandidates.map(\.kind) == [.host])
        network.run(for: .seconds(5))
        #expect(network.isConnected && network.right.selections.count == 1)
    }

    @Test func closingStopsEverythingForGood() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        network.left.agent.close()
        #expect(network.left.agent.deadline == nil)
        #expect(network.left.agent.selectedPair == nil)
        let sent = network.left.agent.statistics
        network.left.agent.restart(at: network.now)
        network.run(for: .seconds(60))
        #expect(network.left.agent.statistics == sent)
        #expect(network.left.agent.state == .closed)
        #expect(network.right.agent.state == .failed)
    }
}
