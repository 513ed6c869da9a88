import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

/// Paths that begin at something else than a UDP socket.
@Suite struct ICEEndpointTests {
    private let here = iceAddress("10.0.0.1", 5000)
    private let relay = LocalEndpoint(.relay, iceAddress("192.0.2.7", 49_152))
    private let overTCP = LocalEndpoint.tcp(iceAddress("10.0.0.1", 9).ip)
    private let listening = iceAddress("10.0.0.2", 7881)

    @Test func anEndpointMakesADatagramNoLarger() {
        #expect(MemoryLayout<LocalEndpoint>.stride == MemoryLayout<TransportAddress>.stride)
    }

    @Test func endpointsAtOneAddressAreNotTheSame() {
        #expect(Set([.udp(here), LocalEndpoint(.relay, here), LocalEndpoint(.tcp, here)]).count == 3)
    }

    @Test func theCandidateOfAnEndpointSaysWhatItIs() throws {
        let relayed = ICECandidate(relay, localPreference: 65_535, relatedAddress: here)
        #expect(relayed.attributeValue.hasSuffix("udp 16777215 192.0.2.7 49152 typ relay raddr 10.0.0.1 rport 5000"))
        let connecting = ICECandidate(overTCP, localPreference: 65_535)
        #expect(connecting.attributeValue.hasSuffix("tcp 1677721599 10.0.0.1 9 typ host tcptype active"))
        let host = ICECandidate(.udp(here), localPreference: 65_535)
        #expect(host.attributeValue.hasSuffix("udp 2130706431 10.0.0.1 5000 typ host"))
        #expect(Set([relayed, connecting, host].map(\.foundation)).count == 3)
        for endpoint in [relay, overTCP, .udp(here)] {
            let line = ICECandidate(endpoint, localPreference: 1, relatedAddress: here).attributeValue
            #expect(try ICECandidate(parsing: line).endpoint == endpoint)
        }
    }

    /// Two agents; what leaves from the left one's socket is lost while `isBlocked`.
    private func relayed(isBlocked: Bool) -> AgentNetwork {
        let network = AgentNetwork.agents()
        network.left.agent.addLocalCandidate(
            ICECandidate(relay, localPreference: 1, relatedAddress: here), at: network.now)
        network.endpoint = { [relay] in $0 == relay.address ? relay : .udp($0) }
        network.translate = { [here] _, datagram in
            !isBlocked || (datagram.local != .udp(here) && datagram.remote != here)
        }
        network.exchangeCredentials()
        for candidate in network.left.agent.localCandidates {
            network.right.agent.addRemoteCandidate(candidate, at: network.now)
        }
        network.left.agent.addRemoteCandidate(network.right.agent.localCandidates[0], at: network.now)
        return network
    }

    @Test func whereNothingElseGetsThroughARelayCarriesTheData() {
        let network = relayed(isBlocked: true)
        #expect(network.run(for: .seconds(2)) { $0.isConnected }, "\(network.tables)")
        #expect(network.left.agent.selectedPair?.local == relay)
        #expect(network.right.agent.selectedPair?.remote == relay.address)
        #expect(network.left.agent.pairTable().contains("relay 192.0.2.7:49152 (relay)"))
        network.run(for: .seconds(60))
        #expect(network.isConnected && network.left.selections.count == 1)
    }

    @Test func aRelayIsTheLastChoice() {
        let network = relayed(isBlocked: false)
        #expect(network.run(for: .seconds(2)) { $0.isConnected }, "\(network.tables)")
        #expect(network.left.agent.selectedPair?.local == .udp(here))
    }

    /// An agent with a UDP socket and TCP, and a peer that answers at UDP and TCP ports of the same number.
    private func overTCPAndUDP(isUDPBlocked: Bool) throws -> ScriptedNetwork {
        let network = ScriptedNetwork(
            AgentPeer(.controlling, at: [here], seed: 1), LitePeer(at: listening), seed: 1)
        network.left.agent.addLocalCandidate(ICECandidate(overTCP, localPreference: 65_535), at: network.now)
        // Connections leave from a port that the system chooses.
        let outside = iceAddress("10.0.0.1", 40_000)
        network.endpoint = { [overTCP] in $0 == outside ? overTCP : .udp($0) }
        network.translate = { [overTCP] fromLeft, datagram in
            guard fromLeft else { return true }
            if datagram.local == overTCP {
                datagram.local = .udp(outside)
                return true
            }
            return !isUDPBlocked
        }
        network.signal(isLite: true)
        for direction in ["passive", "active", "so"] {
            let line = "candidate:2 1 tcp 1671430143 10.0.0.2 7881 typ host tcptype \(direction)"
            network.left.agent.addRemoteCandidate(try ICECandidate(parsing: line), at: network.now)
        }
        return network
    }

    @Test func whereUDPIsBlockedTCPCarriesTheData() throws {
        let network = try overTCPAndUDP(isUDPBlocked: true)
        #expect(
            network.run(for: .seconds(2)) { $0.left.agent.state == .connected }, "\(network.left.agent.pairTable())")
        let pair = try #require(network.left.agent.selectedPair)
        #expect(pair.local == overTCP && pair.remote == listening)
        #expect(network.left.agent.remoteCandidates.map(\.transport) == [.udp, .tcp])
        #expect(network.left.agent.setAsideCandidates.map(\.reason) == [.tcp, .tcp])
        let learnt = network.left.agent.localCandidates.last
        #expect(learnt?.kind == .peerReflexive && learnt?.transport == .tcp && learnt?.endpoint == overTCP)
        // Only what may reach each other is paired: UDP with UDP, TCP with TCP.
        #expect(network.left.agent.current.checkList.pairs.count == 2)
    }

    @Test func uDPIsPreferredToTCP() throws {
        let network = try overTCPAndUDP(isUDPBlocked: false)
        #expect(network.run(for: .seconds(2)) { $0.left.agent.state == .connected })
        #expect(network.left.agent.selectedPair?.local == .udp(here))
    }

    @Test func aServerReflexiveAddressIsSentFromItsSocketOnce() {
        let network = AgentNetwork.agents()
        let seen = iceAddress("203.0.113.9", 40_000)
        network.left.agent.addLocalCandidate(
            ICECandidate(
                foundation: "srflx", priority: 1_694_498_815, address: seen, kind: .serverReflexive,
                relatedAddress: here), at: network.now)
        #expect(network.connect(), "\(network.tables)")
        #expect(network.packets.allSatisfy { !$0.fromLeft || $0.datagram.local == .udp(here) })
        #expect(network.left.agent.current.checkList.pairs.count == 1)
    }
}
