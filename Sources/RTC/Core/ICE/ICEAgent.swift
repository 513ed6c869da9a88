import NIOCore
import SansIO

/// A full ICE agent (RFC 8445) for one component, with trickle (RFC 8838), consent (RFC 7675) and patience
/// (RFC 8863), against full and lite peers and in both roles. Sans-IO.
///
/// Feed it candidates, the peer's credentials and every STUN datagram; after each call send what ``pollOutput()`` gives
/// until it gives `nil`, and call ``timeout(at:)`` when ``deadline`` has come. Host names, and candidates over TCP where
/// we have no endpoint for them, are understood but set aside (``setAsideCandidates``).
public struct ICEAgent: Sendable {
    /// RFC 8445 §6.1.1. Of two agents the controlling one nominates the pair.
    public enum Role: Hashable, Sendable {
        case controlling, controlled
    }

    public enum State: Hashable, Sendable {
        /// The peer's credentials are not known.
        case new
        /// Pairs are checked, none is in use, or the one in use from before a restart has gone silent.
        case checking
        /// There is a pair for data, and the peer answers on it.
        case connected
        /// The pair in use has been silent for some seconds. It may come back by itself.
        case disconnected
        /// No pair works, or the peer's consent has run out. Only a restart leads on.
        case failed
        case closed
    }

    public enum Event: Hashable, Sendable {
        case stateChanged(State)
        /// Data goes over this pair from now on. Also sent when a restart ends on the same addresses.
        case selectedPairChanged(local: LocalEndpoint, remote: TransportAddress)
        /// The peer answers again on the pair in use, after a silence that was too short to change the state, or that this
        /// process slept through.
        case answeredAgain
        /// A role conflict was resolved, or the peer is lite.
        case roleChanged(Role)
    }

    public enum Output: Sendable {
        case transmit(Datagram)
        case event(Event)
    }

    public internal(set) var state = State.new
    /// The next call of ``timeout(at:)``; `nil` if there is nothing to wait for. Stored, so that asking is free.
    public internal(set) var deadline: Instant?
    /// Candidates of either side that take no part, latest last; bounded.
    public internal(set) var setAsideCandidates: [ICESetAsideCandidate] = []
    var context: ICEContext
    var current: ICEGeneration
    /// The session before the restart: in use until the new one has a pair, and for a while after that still answering.
    var previous: ICEGeneration?
    var isRestart = false
    var earlyCandidates: [ICECandidate] = []

    public init(role: Role, configuration: Configuration = .init(), random: RandomSource) {
        context = ICEContext(role: role, configuration: configuration, random: random)
        current = ICEGeneration(localCredentials: ICECredentials(using: &context.random))
    }

    // MARK: What it knows

    public var role: Role { context.role }
    /// Of the present session: what an offer or answer has to carry.
    public var localCredentials: ICECredentials { current.localCredentials }
    /// Of the present session; `nil` until ``setRemote(credentials:isLite:at:)``, again so after a restart of ours.
    public var remoteCredentials: ICECredentials? { current.remote?.credentials }
    /// Our candidates, peer-reflexive ones learnt from answers included.
    public var localCandidates: [ICECandidate] { context.localCandidates }
    /// The peer's candidates of the present session.
    public var remoteCandidates: [ICECandidate] { current.remoteCandidates }
    public var statistics: Statistics { context.statistics }
    /// Smoothed round-trip time of checks.
    public var roundTripTime: Duration? { context.roundTripTime }

    /// What data is to be sent over; during a restart the pair of before until a new one is nominated. `nil` means that
    /// nothing may be sent.
    public var selectedPair: (local: LocalEndpoint, remote: TransportAddress)? {
        (current.selectedPair ?? previous?.selectedPair).map { ($0.local.endpoint, $0.remote.address) }
    }

    /// Whether an address is one of the peer's, signalled or learnt from its authentic checks, also before a restart.
    public func knows(_ remote: TransportAddress) -> Bool {
        current.remoteCandidates.contains { $0.address == remote }
            || previous?.remoteCandidates.contains { $0.address == remote } ?? false
    }

    /// Whether there is a selected pair, told without looking it up.
    var hasSelectedPair: Bool { current.selected != nil || previous?.selected != nil }

    /// Whether a restart has begun and no pair of the new session is in use yet.
    public var isRestarting: Bool { isRestart && current.selected == nil && state != .closed }

    // MARK: What it is told

    /// Sets the role that signalling has given; before the checks begin.
    public mutating func setRole(_ role: Role) {
        guard role != context.role, current.remote?.isLite != true else { return }
        context.role = role
        current.roleChanged(context: context)
    }

    /// Adds an address of ours. The same candidates serve all sessions, restarts included.
    public mutating func addLocalCandidate(_ candidate: ICECandidate, at now: Instant) {
        guard state != .closed,
            !context.localCandidates.contains(where: { $0.isAt(candidate.address, over: candidate.transport) })
        else { return }
        if let reason = ICESetAsideCandidate.reason(for: candidate, tcp: .active) {
            return setAside(candidate, reason)
        }
        guard context.localCandidates.count < context.configuration.maximumCandidates else {
            return setAside(candidate, .tooMany)
        }
        context.localCandidates.append(candidate)
        current.addLocal(candidate, context: context)
        advance(at: now)
    }

    /// Sets the peer's credentials, and begins the checks.
    ///
    /// Credentials that differ from the present ones are a restart by the peer: a new session begins on our side too,
    /// so that ``localCredentials`` are new ones afterwards, for the answer. After ``restart(at:)`` they complete it.
    /// - Parameter isLite: the peer answers checks but sends none (`a=ice-lite`); this agent is then controlling.
    public mutating func setRemote(credentials: ICECredentials, isLite: Bool, at now: Instant) {
        guard state != .closed else { return }
        if let known = current.remote?.credentials {
            if known == credentials { return }
            beginGeneration(startedByRemote: true)
        }
        if isLite && context.role == .controlled { changeRole(to: .controlling) }
        current.attach(credentials, isLite: isLite, at: now, context: &context)
        takeEarlyCandidates()
        advance(at: now)
    }

    /// Adds an address of the peer's. Before ``setRemote(credentials:isLite:at:)``, or for a session still to come, it
    /// is kept for then.
    public mutating func addRemoteCandidate(_ candidate: ICECandidate, at now: Instant) {
        guard state != .closed else { return }
        if let reason = ICESetAsideCandidate.reason(for: candidate, tcp: context.connectsOverTCP ? .passive : nil) {
            return setAside(candidate, reason)
        }
        let session = current.remote?.credentials.ufrag
        if let ufrag = candidate.ufrag, ufrag == previous?.remote?.credentials.ufrag {
            return setAside(candidate, .otherSession)
        }
        if session == nil || candidate.ufrag.map({ $0 != session }) ?? false {
            guard earlyCandidates.count < context.configuration.maximumCandidates else {
                return setAside(candidate, .tooMany)
            }
            earlyCandidates.append(candidate)
        } else if !current.addRemote(candidate, context: context) {
            setAside(candidate, .tooMany)
        }
        advance(at: now)
    }

    /// Begins a new session (RFC 8445 §9): new credentials to be signalled. The pair in use carries data until one of
    /// the new session is nominated.
    ///
    /// Right after a restart by the peer, before anything was heard in the new session, this only draws the credentials
    /// anew, so either order of the two calls is right for an answer.
    @discardableResult
    public mutating func restart(at now: Instant) -> ICECredentials {
        guard state != .closed else { return localCredentials }
        if current.isStartedByRemote && !current.isContacted {
            current.replaceLocalCredentials(ICECredentials(using: &context.random))
            current.isStartedByRemote = false
        } else {
            beginGeneration(startedByRemote: false)
        }
        advance(at: now)
        return localCredentials
    }

    /// Takes a STUN datagram. Anything else that comes on the port is for the caller to tell apart
    /// (``STUNMessage/isSTUN(_:)``, RFC 7983); it is counted as malformed here.
    public mutating func receive(_ datagram: Datagram, at now: Instant) {
        guard state != .closed && state != .failed else { return }
        do throws(STUNParseError) {
            let message = try STUNMessage(parsing: datagram.payload)
            switch message.messageClass {
            case .request: takeRequest(message, datagram, at: now)
            case .success, .error: takeResponse(message, datagram, at: now)
            // A keep-alive (RFC 8445 §11): nothing to answer.
            case .indication: break
            }
        } catch {
            context.statistics.malformed += 1
            return
        }
        advance(at: now)
    }

    /// To be called when ``deadline`` has come; earlier or later does no harm.
    public mutating func timeout(at now: Instant) {
        advance(at: now)
    }

    /// What is to be sent or told next; `nil` when there is nothing.
    public mutating func pollOutput() -> Output? {
        context.outputs.popFirst()
    }

    /// Stops for good. Nothing is sent or answered afterwards.
    public mutating func close() {
        current.stop()
        previous = nil
        deadline = nil
        setState(.closed)
    }
}
