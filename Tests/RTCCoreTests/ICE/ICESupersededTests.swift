import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite("answers, and their absence, to checks that something newer has superseded")
struct ICESupersededTests {
    private let here = iceAddress("10.0.0.1", 5000)
    private let other = iceAddress("10.0.0.3", 7000)

    @Test("a nomination from before a change of role says nothing about its pair when it is given up")
    func aSupersededNominationLeavesItsPairAlone() {
        let network = ScriptedNetwork.scripted(.controlling)
        network.translate = { fromLeft, datagram in
            !fromLeft || (try? STUNMessage(parsing: datagram.payload))?.useCandidate != true
        }
        network.signal(isLite: false)
        let isNominating = network.run(for: .seconds(2)) { $0.left.agent.current.isNominating }
        #expect(isNominating)
        // The peer takes control and nominates the same pair.
        network.right.check(network.left.agent, at: here, [.iceControlling(.max), .useCandidate])
        #expect(network.run(for: .seconds(2)) { $0.left.agent.state == .connected })
        #expect(network.left.agent.role == .controlled)
        let isGivenUp = network.run(for: .seconds(15)) { network in
            !network.left.agent.current.transactions.contains { $0.purpose == .nomination }
        }
        #expect(isGivenUp)
        let pair = network.left.agent.current.selectedPair
        #expect(pair?.state == .succeeded && pair?.isValid == true)
    }

    @Test("a role conflict told to a check of the session before a restart starts no check in the present one")
    func aLateConflictDoesNotTouchTheNewSession() throws {
        // Better, so that it is checked before the other one is nominated.
        var better = ICECandidate.host(other, localPreference: 65_535)
        better.priority += 1
        let network = ScriptedNetwork.scripted(.controlling)
        network.signal(isLite: false)
        network.left.agent.addRemoteCandidate(better, at: network.now)
        network.translate = { [other = other] fromLeft, datagram in !fromLeft || datagram.remote != other }
        #expect(network.run(for: .seconds(2)) { $0.left.agent.state == .connected })
        let old = network.right.credentials
        let pending = try #require(network.left.agent.current.transactions.first { $0.datagram.remote == other })

        network.left.agent.restart(at: network.now)
        // In another role, so that the conflict is old news and changes no role.
        network.left.agent.setRole(.controlled)
        network.right.isMute = true
        network.right.credentials = ICECredentials(ufrag: "new", password: "another password of the peer")
        network.signal(isLite: false)
        network.left.agent.addRemoteCandidate(better, at: network.now)
        network.run(for: .milliseconds(150))
        #expect(network.left.agent.current.checkList.pairs.map(\.state) == [.inProgress, .inProgress])
        let before = network.left.agent.current.transactions.map(\.id)
        let conflict = STUNMessage(
            .error, transactionID: pending.id, attributes: [.errorCode(.roleConflict)]
        ).serialized(integrityKey: Array(old.password.utf8))
        network.left.agent.receive(Datagram(local: .udp(here), remote: other, payload: conflict), at: network.now)
        #expect(network.left.agent.statistics.roleConflicts == 1)
        #expect(network.left.agent.current.transactions.map(\.id) == before)
    }
}
