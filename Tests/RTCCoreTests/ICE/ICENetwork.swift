import NIOCore
import SansIO
import Simulation

@testable import RTCCore

/// One end of a simulated path that knows addresses.
protocol ICEPeer {
    mutating func receive(_ datagram: Datagram, at now: Instant)
    mutating func timeout(at now: Instant)
    mutating func pollTransmit(at now: Instant) -> Datagram?
    var deadline: Instant? { get }
}

/// An agent with what it has told so far.
struct AgentPeer: ICEPeer {
    var agent: ICEAgent
    private(set) var events: [(at: Instant, event: ICEAgent.Event)] = []

    init(
        _ role: ICEAgent.Role, at addresses: [TransportAddress], seed: UInt64,
        configuration: ICEAgent.Configuration = .init()
    ) {
        agent = ICEAgent(role: role, configuration: configuration, random: .seeded(seed))
        for (index, address) in addresses.enumerated() {
            agent.addLocalCandidate(.host(address, localPreference: UInt16(65_535 - index)), at: .zero)
        }
    }

    mutating func receive(_ datagram: Datagram, at now: Instant) { agent.receive(datagram, at: now) }
    mutating func timeout(at now: Instant) { agent.timeout(at: now) }
    var deadline: Instant? { agent.deadline }

    mutating func pollTransmit(at now: Instant) -> Datagram? {
        while let output = agent.pollOutput() {
            switch output {
            case .transmit(let datagram): return datagram
            case .event(let event): events.append((now, event))
            }
        }
        return nil
    }

    var states: [ICEAgent.State] {
        events.compactMap { if case .stateChanged(let state) = $0.event { state } else { nil } }
    }

    var selections: [TransportAddress] {
        events.compactMap { if case .selectedPairChanged(_, let remote) = $0.event { remote } else { nil } }
    }

    /// When the state was first entered, at or after `start`.
    func entered(_ state: ICEAgent.State, after start: Instant = .zero) -> Instant? {
        events.first { $0.at >= start && $0.event == .stateChanged(state) }?.at
    }
}

/// Two peers over two simulated links, in virtual time.
final class ICENetwork<Left: ICEPeer, Right: ICEPeer> {
    struct Packet {
        let fromLeft: Bool
        let datagram: Datagram
        let at: Instant
    }

    var left: Left
    var right: Right
    var forward: SimulatedLink<Datagram>
    var backward: SimulatedLink<Datagram>
    private(set) var now: Instant
    private(set) var packets: [Packet] = []
    /// May rewrite a packet as a NAT does, or swallow it by returning false. Seen with the sender as `local`.
    var translate: (_ fromLeft: Bool, _ datagram: inout Datagram) -> Bool = { _, _ in true }

    /// The endpoint that an address is on the side that it belongs to.
    var endpoint: (TransportAddress) -> LocalEndpoint = LocalEndpoint.udp

    init(
        _ left: Left, _ right: Right, _ conditions: LinkConditions = .lossy(0), seed: UInt64 = 1,
        startingAt start: Instant = Instant(nanoseconds: 1_000_000_000)
    ) {
        self.left = left
        self.right = right
        forward = SimulatedLink(conditions, seed: seed)
        backward = SimulatedLink(conditions, seed: seed &+ 0x51ED)
        now = start
    }

    var isDown: Bool {
        get { forward.isDown }
        set {
            forward.isDown = newValue
            backward.isDown = newValue
        }
    }

    /// - Returns: whether `condition` came to hold within `limit`.
    @discardableResult
    func run(for limit: Duration, until condition: (ICENetwork) -> Bool = { _ in false }) -> Bool {
        let end = now + limit
        while true {
            flush()
            if condition(self) { return true }
            guard let next = nextEvent, next <= end else {
                now = end
                return false
            }
            now = max(now, next)
            deliver()
        }
    }

    /// Lets time pass without anybody noticing: a machine that sleeps.
    func sleep(for duration: Duration) { now = now + duration }

    private var nextEvent: Instant? {
        earliest(earliest(left.deadline, right.deadline), earliest(forward.deadline, backward.deadline))
    }

    func flush() {
        while let datagram = left.pollTransmit(at: now) { put(datagram, fromLeft: true) }
        while let datagram = right.pollTransmit(at: now) { put(datagram, fromLeft: false) }
    }

    private func put(_ sent: Datagram, fromLeft: Bool) {
        packets.append(Packet(fromLeft: fromLeft, datagram: sent, at: now))
        var datagram = sent
        guard translate(fromLeft, &datagram) else { return }
        var arriving = datagram.turned
        arriving.local = endpoint(datagram.remote)
        if fromLeft {
            forward.send(arriving, bytes: arriving.payload.readableBytes, at: now)
        } else {
            backward.send(arriving, bytes: arriving.payload.readableBytes, at: now)
        }
    }

    private func deliver() {
        while let datagram = forward.receive(at: now) { right.receive(datagram, at: now) }
        while let datagram = backward.receive(at: now) { left.receive(datagram, at: now) }
        if let deadline = left.deadline, deadline <= now { left.timeout(at: now) }
        if let deadline = right.deadline, deadline <= now { right.timeout(at: now) }
    }
}

typealias AgentNetwork = ICENetwork<AgentPeer, AgentPeer>

extension ICENetwork where Left == AgentPeer, Right == AgentPeer {
    /// Two full agents, the left one controlling and at 10.0.0.1, the right one at 10.0.0.2.
    static func agents(
        _ conditions: LinkConditions = .lossy(0), seed: UInt64 = 1,
        roles: (ICEAgent.Role, ICEAgent.Role) = (.controlling, .controlled),
        leftAt: [TransportAddress] = [iceAddress("10.0.0.1", 5000)],
        rightAt: [TransportAddress] = [iceAddress("10.0.0.2", 6000)], configuration: ICEAgent.Configuration = .init()
    ) -> ICENetwork {
        ICENetwork(
            AgentPeer(roles.0, at: leftAt, seed: seed &* 2, configuration: configuration),
            AgentPeer(roles.1, at: rightAt, seed: seed &* 2 &+ 1, configuration: configuration), conditions, seed: seed)
    }

    /// Tells each the other's credentials and host candidates, over a signalling path without delay.
    func signal() {
        exchangeCredentials()
        for candidate in right.agent.localCandidates where candidate.kind == .host {
            left.agent.addRemoteCandidate(candidate, at: now)
        }
        for candidate in left.agent.localCandidates where candidate.kind == .host {
            right.agent.addRemoteCandidate(candidate, at: now)
        }
    }

    func exchangeCredentials() {
        left.agent.setRemote(credentials: right.agent.localCredentials, isLite: false, at: now)
        right.agent.setRemote(credentials: left.agent.localCredentials, isLite: false, at: now)
    }

    /// Both on a pair, and on the same one.
    var isConnected: Bool {
        guard left.agent.state == .connected, right.agent.state == .connected,
            let ours = left.agent.selectedPair, let theirs = right.agent.selectedPair
        else { return false }
        return ours.remote == theirs.local.address || left.agent.localCandidates.contains { $0.kind == .peerReflexive }
    }

    @discardableResult
    func connect(within limit: Duration = .seconds(30)) -> Bool {
        signal()
        return run(for: limit) { $0.isConnected }
    }

    var tables: String { "\(left.agent.pairTable())\n\(right.agent.pairTable())" }
}

extension Datagram {
    /// The same bytes as the other end sees them.
    var turned: Datagram { Datagram(local: .udp(remote), remote: local.address, payload: payload) }
}
