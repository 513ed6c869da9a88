import RTCCore
import SansIO
import Testing

@Suite struct ICESetAsideTests {
    @Test(arguments: [
        ("candidate:1 1 udp 5 5e2fba4c.local 54321 typ host", ICESetAsideCandidate.Reason.hostName),
        ("candidate:1 1 tcp 1671430143 192.0.2.7 7881 typ host tcptype passive", .tcp),
        ("candidate:1 2 udp 2130706430 192.0.2.7 7882 typ host", .otherComponent),
        ("candidate:1 1 udp 5 192.0.2.7 0 typ host", .unreachable),
        ("candidate:1 1 udp 5 0.0.0.0 9 typ host", .unreachable),
        ("candidate:1 1 udp 5 :: 9 typ host", .unreachable),
    ])
    func aRemoteCandidateThatIsNotUsedIsSetAsideWithItsReason(
        line: String, reason: ICESetAsideCandidate.Reason
    ) throws {
        var agent = AgentPeer(.controlling, at: [iceAddress("10.0.0.1", 5000)], seed: 1).agent
        agent.setRemote(credentials: ICECredentials(ufrag: "them", password: "x"), isLite: false, at: .zero)
        let candidate = try ICECandidate(parsing: line)
        agent.addRemoteCandidate(candidate, at: .zero)
        #expect(agent.setAsideCandidates == [ICESetAsideCandidate(candidate: candidate, reason: reason)])
        #expect(agent.remoteCandidates.isEmpty)
        #expect(agent.pairTable().contains(reason.rawValue))
    }

    @Test func candidatesWrittenTwiceForTwoComponentsCountOnce() throws {
        var agent = AgentPeer(.controlling, at: [iceAddress("10.0.0.1", 5000)], seed: 1).agent
        agent.setRemote(credentials: ICECredentials(ufrag: "them", password: "x"), isLite: false, at: .zero)
        for component in [1, 2, 1] {
            agent.addRemoteCandidate(
                try ICECandidate(
                    parsing: "candidate:77 \(component) udp 2130706431 192.0.2.7 7882 typ host ufrag them"),
                at: .zero)
        }
        #expect(agent.remoteCandidates.count == 1)
        #expect(agent.setAsideCandidates.map(\.reason) == [.otherComponent])
    }

    @Test func credentialsHaveTheEntropyAndTheAlphabetTheyMust() {
        var seen: Set<ICECredentials> = []
        for seed in UInt64(0)..<200 {
            let credentials = AgentPeer(.controlling, at: [], seed: seed).agent.localCredentials
            seen.insert(credentials)
            #expect(credentials.ufrag.utf8.count >= 4 && credentials.password.utf8.count >= 22)
            #expect(
                (credentials.ufrag + credentials.password).allSatisfy {
                    $0.isASCII && ($0.isLetter || $0.isNumber || "+/".contains($0))
                })
        }
        #expect(seen.count == 200)
    }

    @Test func theTableOfPairsTellsNoPasswords() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        let table = network.left.agent.pairTable()
        #expect(table.contains("selected") && table.contains("10.0.0.2:6000"))
        #expect(!table.contains(network.left.agent.localCredentials.password))
        #expect(!table.contains(network.right.agent.localCredentials.password))
    }
}
