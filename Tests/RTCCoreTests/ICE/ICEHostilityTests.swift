import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

/// What comes from strangers, broken stacks and the network's tricks.
@Suite struct ICEHostilityTests {
    private let here = iceAddress("10.0.0.1", 5000)

    @Test func anAnswerFromAnotherAddressIsIgnored() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.answersFrom = iceAddress("10.0.0.66", 6000)
        network.signal(isLite: true)
        network.run(for: .seconds(5))
        #expect(network.left.agent.state == .checking)
        #expect(network.left.agent.statistics.asymmetric > 0)
        network.right.answersFrom = nil
        #expect(network.run(for: .seconds(5)) { $0.left.agent.state == .connected })
    }

    @Test func duplicatedAnswersCountOnce() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.copies = 3
        network.signal(isLite: true)
        network.run(for: .seconds(1))
        let statistics = network.left.agent.statistics
        #expect(statistics.responsesAccepted == 2)
        #expect(statistics.unmatched == 4)
        #expect(network.left.selections.count == 1)
    }

    @Test func answersThatComeAfterTheNominationChangeNothing() {
        // Of two pairs the lower one works at once, and the better one's answers come a second later.
        let network = AgentNetwork.agents(
            leftAt: [here, iceAddress("10.1.0.1", 5000)], rightAt: [iceAddress("10.0.0.2", 6000)])
        var held: [Datagram] = []
        network.translate = { fromLeft, datagram in
            guard !fromLeft, datagram.remote == iceAddress("10.0.0.1", 5000) else { return true }
            held.append(datagram)
            return false
        }
        #expect(network.connect(), "\(network.tables)")
        network.run(for: .seconds(1))
        let pair = network.left.agent.selectedPair
        #expect(pair?.local == .udp(iceAddress("10.1.0.1", 5000)))
        #expect(!held.isEmpty)
        for datagram in held {
            network.left.agent.receive(
                datagram.turned, at: network.now)
        }
        network.translate = { _, _ in true }
        network.run(for: .seconds(5))
        #expect(network.left.agent.selectedPair?.local == pair?.local)
        #expect(network.isConnected)
    }

    @Test func aForgedAnswerIsIgnored() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.forgedPassword = "not the password at all"
        network.signal(isLite: true)
        network.run(for: .seconds(3))
        #expect(network.left.agent.state == .checking)
        #expect(network.left.agent.statistics.unauthenticated > 0)
    }

    @Test func anErrorAnswerFailsThePairForAWhileOnly() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.right.error = STUNErrorCode(code: 500, reason: "Server Error")
        network.signal(isLite: true)
        network.run(for: .seconds(1))
        #expect(network.left.agent.pairTable().contains("failed"))
        network.right.error = nil
        #expect(network.run(for: .seconds(3)) { $0.left.agent.state == .connected })
    }

    @Test func aRequestWithTheWrongPasswordIsRefusedAndLeavesNoTrace() {
        let network = ScriptedNetwork.scripted(.controlled)
        network.left.agent.setRemote(credentials: network.right.credentials, isLite: false, at: network.now)
        network.right.check(
            network.left.agent, at: here, [.iceControlling(1), .useCandidate], password: "a guess at the password")
        network.run(for: .seconds(1))
        #expect(network.answers.map(\.errorCode?.code) == [401])
        #expect(network.answers.allSatisfy { !$0.hasIntegrity })
        #expect(network.left.agent.remoteCandidates.isEmpty)
    }

    @Test func aRequestForAnotherSessionIsRefused() {
        let network = ScriptedNetwork.scripted(.controlled)
        network.left.agent.setRemote(credentials: network.right.credentials, isLite: false, at: network.now)
        network.right.credentials.ufrag = "else"
        network.right.check(network.left.agent, at: here, [.iceControlling(1)])
        network.run(for: .milliseconds(100))
        #expect(network.answers.map(\.errorCode?.code) == [401])
        #expect(network.left.agent.remoteCandidates.isEmpty)
    }

    @Test func aRequestWithoutIntegrityOrUserNameIsRefused() {
        var agent = AgentPeer(.controlled, at: [here], seed: 1).agent
        let username = STUNAttribute.username("\(agent.localCredentials.ufrag):x")
        let id = STUNTransactionID(high: 1, low: 1)
        let bare = STUNMessage(.request, transactionID: id, attributes: [username]).serialized()
        let nameless = STUNMessage(.request, transactionID: id, attributes: [.priority(1)]).serialized(
            integrityKey: Array(agent.localCredentials.password.utf8))
        let empty = STUNMessage(.request, transactionID: id, attributes: [.username("")]).serialized(
            integrityKey: Array(agent.localCredentials.password.utf8))
        for payload in [bare, nameless, empty] {
            agent.receive(Datagram(local: .udp(here), remote: iceAddress("10.0.0.9", 9), payload: payload), at: .zero)
        }
        let codes = answers(of: &agent).map(\.errorCode?.code)
        #expect(codes == [400, 400, 401])
        #expect(agent.statistics.unauthenticated == 3)
    }

    @Test func theIntegrityIsCheckedBeforeUnknownAttributesAre() {
        let network = ScriptedNetwork.scripted(.controlled)
        network.left.agent.setRemote(credentials: network.right.credentials, isLite: false, at: network.now)
        let unknown = STUNAttribute.unknown(type: 0x7001, value: [1])
        network.right.check(network.left.agent, at: here, [unknown], password: "wrong password, wrong", id: 1)
        network.right.check(network.left.agent, at: here, [unknown], id: 2)
        network.run(for: .milliseconds(100))
        #expect(network.answers.map(\.errorCode?.code) == [401, 420])
        #expect(network.answers.last?.attributes.contains(.unknownAttributes([0x7001])) == true)
    }

    @Test func anUnknownOptionalAttributeDoesNotMatter() {
        let network = ScriptedNetwork.scripted(.controlled)
        network.signal(isLite: false)
        network.right.check(
            network.left.agent, at: here,
            [.unknown(type: 0xC057, value: [0, 1, 0, 10]), .iceControlling(1), .useCandidate])
        #expect(network.run(for: .seconds(1)) { $0.left.agent.state == .connected })
    }

    @Test func aDatagramToAnAddressThatIsNotOursIsDropped() {
        let network = AgentNetwork.agents()
        network.signal()
        network.translate = { fromLeft, datagram in
            if fromLeft { datagram.remote.port = 6001 }
            return true
        }
        network.run(for: .seconds(1))
        #expect(network.right.agent.statistics.unknownLocal > 0)
        #expect(network.right.agent.statistics.requestsAccepted == 0)
    }

    @Test func noiseIsCountedAndChangesNothing() {
        let network = AgentNetwork.agents()
        #expect(network.connect())
        var random = STUNRandomBytes(seed: 0x1CE)
        let before = network.left.agent.statistics
        for _ in 0..<5_000 {
            let noise = ByteBuffer(bytes: random.bytes(Int(random.next() % 120)))
            network.left.agent.receive(
                Datagram(local: .udp(here), remote: iceAddress("10.0.0.2", 6000), payload: noise), at: network.now)
        }
        #expect(network.left.agent.statistics.malformed == before.malformed + 5_000)
        #expect(answers(of: &network.left.agent).isEmpty)
        #expect(network.isConnected)
    }

    @Test func changedCopiesOfRealPacketsNeverTrapAndNeverConnect() {
        var random = STUNRandomBytes(seed: 0xBAD)
        for seed in UInt64(0)..<20 {
            let network = AgentNetwork.agents(seed: seed)
            network.translate = { _, datagram in
                for _ in 0...(random.next() % 3) {
                    let index = Int(random.next() % UInt64(datagram.payload.readableBytes))
                    let old = datagram.payload.getInteger(at: index, as: UInt8.self) ?? 0
                    datagram.payload.setInteger(old ^ UInt8(truncatingIfNeeded: 1 + random.next() % 255), at: index)
                }
                return true
            }
            network.signal()
            network.run(for: .seconds(5))
            #expect(network.left.agent.state == .checking, "seed \(seed)")
        }
    }

    @Test func strangersCannotFillTheTables() {
        var configuration = ICEAgent.Configuration()
        configuration.maximumCandidates = 8
        configuration.maximumPairs = 6
        let network = AgentNetwork.agents(configuration: configuration)
        network.exchangeCredentials()
        for port in UInt16(1)...500 {
            network.left.agent.addRemoteCandidate(
                .host(iceAddress("10.8.0.1", port), localPreference: port), at: network.now)
        }
        #expect(network.left.agent.remoteCandidates.count == 8)
        #expect(network.left.agent.current.checkList.pairs.count == 6)
        #expect(network.left.agent.setAsideCandidates.count == 64)
        #expect(network.left.agent.setAsideCandidates.allSatisfy { $0.reason == .tooMany })
        network.left.agent.restart(at: network.now)
        for port in UInt16(1)...500 {
            network.left.agent.addRemoteCandidate(
                .host(iceAddress("10.9.0.1", port), localPreference: port), at: network.now)
        }
        #expect(network.left.agent.earlyCandidates.count == 8)
    }

    @Test func aPairThatWorksIsNotPushedOutByBetterOnes() {
        var configuration = ICEAgent.Configuration()
        configuration.maximumPairs = 4
        let network = AgentNetwork.agents(configuration: configuration)
        #expect(network.connect())
        for port in UInt16(1)...20 {
            var candidate = ICECandidate.host(iceAddress("10.8.0.1", port), localPreference: 1)
            candidate.priority = .max
            network.left.agent.addRemoteCandidate(candidate, at: network.now)
        }
        network.run(for: .seconds(10))
        #expect(network.isConnected)
    }

    @Test func earlyChecksAreBounded() {
        var agent = AgentPeer(.controlled, at: [here], seed: 1).agent
        let key = Array(agent.localCredentials.password.utf8)
        for port in UInt16(1)...100 {
            let check = STUNMessage(
                .request, transactionID: STUNTransactionID(high: 0, low: UInt64(port)),
                attributes: [.username("\(agent.localCredentials.ufrag):theirs"), .iceControlling(1)])
            agent.receive(
                Datagram(
                    local: .udp(here), remote: iceAddress("10.0.0.9", port),
                    payload: check.serialized(integrityKey: key)),
                at: .zero)
        }
        #expect(agent.current.earlyChecks.count == 16)
        #expect(answers(of: &agent).count == 100)
    }

    private func answers(of agent: inout ICEAgent) -> [STUNMessage] {
        var result: [STUNMessage] = []
        while let output = agent.pollOutput() {
            if case .transmit(let datagram) = output, let message = try? STUNMessage(parsing: datagram.payload) {
                result.append(message)
            }
        }
        return result
    }
}
