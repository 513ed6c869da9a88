import NIOCore
import SansIO
import Simulation

@testable import RTCCore

/// A scripted peer that answers checks and sends none of its own accord, with the manners a test asks for.
struct LitePeer: ICEPeer {
    var credentials = ICECredentials(ufrag: "lite", password: "a password of a lite server")
    var candidate: ICECandidate
    /// Some servers answer no check without USE-CANDIDATE once a pair is nominated.
    var wantsNominations = false
    var isMute = false
    /// Sends each answer this often.
    var copies = 1
    /// Answers come from here instead.
    var answersFrom: TransportAddress?
    /// Signs answers with this password instead.
    var forgedPassword: String?
    /// Answers with this error instead of success.
    var error: STUNErrorCode?
    private(set) var requests: [(at: Instant, message: STUNMessage)] = []
    private var isNominated = false
    private var pending: [Datagram] = []

    init(at address: TransportAddress) {
        candidate = .host(address, localPreference: 65_535)
    }

    var deadline: Instant? { nil }
    mutating func timeout(at now: Instant) {}
    mutating func pollTransmit(at now: Instant) -> Datagram? { pending.isEmpty ? nil : pending.removeFirst() }

    mutating func receive(_ datagram: Datagram, at now: Instant) {
        guard let request = try? STUNMessage(parsing: datagram.payload), request.messageClass == .request,
            request.hasValidIntegrity(key: Array(credentials.password.utf8))
        else { return }
        requests.append((now, request))
        if isMute || (wantsNominations && isNominated && !request.useCandidate) { return }
        isNominated = isNominated || request.useCandidate
        let answer = Datagram(
            local: answersFrom.map(LocalEndpoint.udp) ?? datagram.local, remote: datagram.remote,
            payload: answer(request, datagram.remote))
        pending += [Datagram](repeating: answer, count: copies)
    }

    private func answer(_ request: STUNMessage, _ source: TransportAddress) -> ByteBuffer {
        STUNMessage(
            error == nil ? .success : .error, transactionID: request.transactionID,
            attributes: [error.map { .errorCode($0) } ?? .xorMappedAddress(source)]
        ).serialized(integrityKey: Array((forgedPassword ?? credentials.password).utf8))
    }

    /// Sends a check of its own, as an agent under the tests' control.
    mutating func check(
        _ agent: ICEAgent, from local: TransportAddress? = nil, at remote: TransportAddress,
        _ attributes: [STUNAttribute], password: String? = nil, id: UInt64 = 1
    ) {
        let username = "\(agent.localCredentials.ufrag):\(credentials.ufrag)"
        let request = STUNMessage(
            .request, transactionID: STUNTransactionID(high: 1, low: id),
            attributes: [.username(username), .priority(1_853_824_767)] + attributes)
        let key = Array((password ?? agent.localCredentials.password).utf8)
        pending.append(
            Datagram(
                local: .udp(local ?? candidate.address), remote: remote, payload: request.serialized(integrityKey: key))
        )
    }
}

typealias ScriptedNetwork = ICENetwork<AgentPeer, LitePeer>

extension ICENetwork where Left == AgentPeer, Right == LitePeer {
    /// An agent at 10.0.0.1 and a scripted peer at 10.0.0.2.
    static func scripted(
        _ role: ICEAgent.Role = .controlling, _ conditions: LinkConditions = .lossy(0), seed: UInt64 = 1
    ) -> ICENetwork {
        ICENetwork(
            AgentPeer(role, at: [iceAddress("10.0.0.1", 5000)], seed: seed),
            LitePeer(at: iceAddress("10.0.0.2", 6000)), conditions, seed: seed)
    }

    func signal(isLite: Bool) {
        left.agent.setRemote(credentials: right.credentials, isLite: isLite, at: now)
        left.agent.addRemoteCandidate(right.candidate, at: now)
    }

    /// The answers that the agent has sent.
    var answers: [STUNMessage] {
        packets.filter(\.fromLeft).compactMap { try? STUNMessage(parsing: $0.datagram.payload) }
            .filter { $0.messageClass != .request }
    }
}
