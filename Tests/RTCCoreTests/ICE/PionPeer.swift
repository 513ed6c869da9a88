import NIOCore
import SansIO
import Simulation

@testable import RTCCore

/// An agent with the timing of pion/ice v4, on which livekit-server stands: checks go out when something is learnt and at
/// ticks of 200 ms. As controlling side it nominates at a tick, or when a request comes on the best pair after its own
/// check on it has succeeded; a pair with a peer-reflexive end has to wait for a second.
struct PionPeer: ICEPeer {
    static let tick = Duration.milliseconds(200)

    private enum PairState { case waiting, inProgress, succeeded }

    private struct Pair {
        let remote: TransportAddress
        let isReflexive: Bool
        let priority: UInt32
        var state = PairState.waiting
        var isNominatedOnSuccess = false
    }

    let role: ICEAgent.Role
    let credentials = ICECredentials(ufrag: "pion", password: "a password of a pion server")
    let candidate: ICECandidate
    /// The address of the pair in use, and since when.
    private(set) var selected: (remote: TransportAddress, at: Instant)?
    /// Requests that came before it was started, or were not for it.
    private(set) var requestsRefused = 0
    private var remote: ICECredentials?
    private var startedAt: Instant?
    private var pairs: [Pair] = []
    private var nominated: TransportAddress?
    private var pending: [STUNTransactionID: (remote: TransportAddress, nominates: Bool)] = [:]
    private var nextTick: Instant?
    private var outbox: [Datagram] = []
    private var random: RandomSource

    init(_ role: ICEAgent.Role, at address: TransportAddress, seed: UInt64) {
        self.role = role
        candidate = .host(address, localPreference: 65_535)
        random = .seeded(seed)
    }

    /// The description of the other side is applied: candidates first, then the agent starts.
    mutating func start(_ credentials: ICECredentials, candidates: [ICECandidate], at now: Instant) {
        remote = credentials
        startedAt = now
        for candidate in candidates { addPair(candidate.address, priority: candidate.priority, isReflexive: false) }
        contact(at: now)
    }

    var deadline: Instant? { nextTick }

    mutating func timeout(at now: Instant) {
        if let nextTick, nextTick <= now { contact(at: now) }
    }

    mutating func pollTransmit(at now: Instant) -> Datagram? { outbox.isEmpty ? nil : outbox.removeFirst() }

    mutating func receive(_ datagram: Datagram, at now: Instant) {
        guard let message = try? STUNMessage(parsing: datagram.payload) else { return }
        switch message.messageClass {
        case .request: takeRequest(message, from: datagram.remote, at: now)
        case .success: takeSuccess(message, from: datagram.remote, at: now)
        case .error, .indication: break
        }
    }

    private mutating func addPair(_ address: TransportAddress, priority: UInt32, isReflexive: Bool) {
        guard !pairs.contains(where: { $0.remote == address }) else { return }
        pairs.append(Pair(remote: address, isReflexive: isReflexive, priority: priority))
    }

    private func isNominatable(_ pair: Pair, at now: Instant) -> Bool {
        guard let startedAt else { return false }
        return !pair.isReflexive || now - startedAt >= .seconds(1)
    }

    /// `ContactCandidates`.
    private mutating func contact(at now: Instant) {
        nextTick = now + (selected == nil ? Self.tick : .seconds(2))
        if let selected { return send(to: selected.remote, nominates: false) }
        if role == .controlling {
            if let nominated { return send(to: nominated, nominates: true) }
            let best = pairs.filter { $0.state == .succeeded }.max { $0.priority < $1.priority }
            if let best, isNominatable(best, at: now) { return nominate(best.remote) }
        }
        for index in pairs.indices where pairs[index].state != .succeeded {
            pairs[index].state = .inProgress
            send(to: pairs[index].remote, nominates: false)
        }
    }

    private mutating func nominate(_ remote: TransportAddress) {
        nominated = remote
        send(to: remote, nominates: true)
    }

    /// `HandleBindingRequest`, and what stands before it.
    private mutating func takeRequest(_ request: STUNMessage, from source: TransportAddress, at now: Instant) {
        guard let remote, request.username == "\(credentials.ufrag):\(remote.ufrag)",
            request.hasValidIntegrity(key: Array(credentials.password.utf8))
        else { return requestsRefused += 1 }
        if !pairs.contains(where: { $0.remote == source }) {
            addPair(source, priority: request.priority ?? 0, isReflexive: true)
            contact(at: now)
        }
        let answer = STUNMessage(
            .success, transactionID: request.transactionID, attributes: [.xorMappedAddress(source)])
        outbox.append(
            Datagram(
                local: .udp(candidate.address), remote: source,
                payload: answer.serialized(integrityKey: Array(credentials.password.utf8))))
        guard let index = pairs.firstIndex(where: { $0.remote == source }), selected == nil else { return }
        switch role {
        case .controlling:
            let best = pairs.max { $0.priority < $1.priority }
            if pairs[index].state == .succeeded, nominated == nil, best?.remote == source,
                isNominatable(pairs[index], at: now)
            {
                nominate(source)
            }
        case .controlled:
            if request.useCandidate {
                if pairs[index].state == .succeeded {
                    return select(source, at: now)
                }
                pairs[index].isNominatedOnSuccess = true
            }
            send(to: source, nominates: false)
        }
    }

    /// `HandleSuccessResponse`.
    private mutating func takeSuccess(_ response: STUNMessage, from source: TransportAddress, at now: Instant) {
        guard let remote, response.hasValidIntegrity(key: Array(remote.password.utf8)),
            let request = pending.removeValue(forKey: response.transactionID), request.remote == source,
            let index = pairs.firstIndex(where: { $0.remote == source })
        else { return }
        pairs[index].state = .succeeded
        if request.nominates || pairs[index].isNominatedOnSuccess { select(source, at: now) }
    }

    private mutating func select(_ remote: TransportAddress, at now: Instant) {
        guard selected == nil else { return }
        selected = (remote, now)
        nextTick = now + .seconds(2)
    }

    private mutating func send(to address: TransportAddress, nominates: Bool) {
        guard let remote else { return }
        let id = STUNTransactionID(using: &random)
        let isControlling = role == .controlling
        var attributes: [STUNAttribute] = [
            .username("\(remote.ufrag):\(credentials.ufrag)"), isControlling ? .iceControlling(7) : .iceControlled(7),
            .priority(1_853_824_767),
        ]
        if nominates { attributes.append(.useCandidate) }
        pending[id] = (address, nominates)
        outbox.append(
            Datagram(
                local: .udp(candidate.address), remote: address,
                payload: STUNMessage(.request, transactionID: id, attributes: attributes)
                    .serialized(integrityKey: Array(remote.password.utf8))))
    }
}
