import NIOCore
import SansIO

/// One ICE session (RFC 8445 §9 calls what follows a restart a new one): a pair of credentials on each side, the pairs
/// checked with them, and the pair in use.
struct ICEGeneration: Sendable {
    struct Remote: Sendable {
        let credentials: ICECredentials
        let key: [UInt8]
        var isLite: Bool
    }

    /// An authentic check that came before the peer's credentials did.
    struct EarlyCheck: Sendable {
        let local: ICECandidate
        let remote: TransportAddress
        let username: String
        let priority: UInt32?
        let isNominated: Bool
    }

    private(set) var localCredentials: ICECredentials
    private(set) var localKey: [UInt8]
    var remote: Remote?
    var remoteCandidates: [ICECandidate] = []
    var checkList = ICECheckList()
    var transactions: [ICETransaction] = []
    var earlyChecks: [EarlyCheck] = []
    /// The pair that data goes over.
    var selected: ICECandidatePair.ID?
    var consent: ICEConsent?
    /// Whether pairs are checked of our own accord, and not only when the peer's checks trigger it.
    var isChecking = false
    var lastCheckAt: Instant?
    var patienceEnds: Instant?
    var restUntil: Instant?
    var firstValidAt: Instant?
    var reminder = ICEReminder()
    /// When a session that has been replaced stops answering.
    var retiresAt: Instant?
    /// The peer's new credentials began it, and our own have not been asked for since.
    var isStartedByRemote = false
    /// Something authentic has come from the peer.
    var isContacted = false

    init(localCredentials: ICECredentials) {
        self.localCredentials = localCredentials
        localKey = Array(localCredentials.password.utf8)
    }

    var selectedPair: ICECandidatePair? { selected.flatMap { checkList[$0] } }

    var isNominating: Bool {
        transactions.contains { $0.purpose == .nomination && $0.nextAt != nil }
    }

    /// Takes new credentials of ours before anything was heard from the peer; checks under the old ones are void.
    mutating func replaceLocalCredentials(_ credentials: ICECredentials) {
        localCredentials = credentials
        localKey = Array(credentials.password.utf8)
        transactions.removeAll()
        checkList.recheck(except: nil)
        for pair in checkList.pairs where pair.state == .inProgress {
            checkList.update(pair.id) { $0.state = .waiting }
        }
    }

    /// Begins the checks.
    mutating func attach(
        _ credentials: ICECredentials, isLite: Bool, at now: Instant, context: inout ICEContext
    ) {
        remote = Remote(credentials: credentials, key: Array(credentials.password.utf8), isLite: isLite)
        isChecking = true
        patienceEnds = now + context.configuration.patience
        let early = earlyChecks
        earlyChecks = []
        for check in early where check.username == expectedUsername { process(check, at: now, context: &context) }
    }

    /// What USERNAME of the peer's requests has to be; `nil` before the peer's credentials are known.
    var expectedUsername: String? {
        remote.map { "\(localCredentials.ufrag):\($0.credentials.ufrag)" }
    }

    // MARK: Candidates

    mutating func addLocal(_ candidate: ICECandidate, context: ICEContext) {
        for remote in remoteCandidates { pair(candidate, remote, context: context) }
    }

    /// - Returns: false if there are too many already.
    mutating func addRemote(_ candidate: ICECandidate, context: ICEContext) -> Bool {
        if let index = remoteCandidates.firstIndex(where: {
            $0.isAt(candidate.address, over: candidate.transport)
        }) {
            if remoteCandidates[index].kind == .peerReflexive {
                remoteCandidates[index] = candidate
                checkList.replaceRemote(candidate, role: context.role)
            }
            return true
        }
        guard remoteCandidates.count < context.configuration.maximumCandidates else { return false }
        remoteCandidates.append(candidate)
        for local in context.bases { pair(local, candidate, context: context) }
        return true
    }

    @discardableResult
    mutating func pair(
        _ local: ICECandidate, _ remote: ICECandidate, context: ICEContext
    ) -> ICECandidatePair.ID? {
        guard ICECandidatePair.canPair(local, remote) else { return nil }
        return checkList.add(
            local: local, remote: remote, role: context.role, maximum: context.configuration.maximumPairs,
            keeping: selected)
    }

    // MARK: The peer's checks

    /// RFC 8445 §7.3.1.3 to §7.3.1.5, after the request was answered.
    mutating func process(_ check: EarlyCheck, at now: Instant, context: inout ICEContext) {
        isContacted = true
        if remote == nil {
            if earlyChecks.count < 16 { earlyChecks.append(check) }
            return
        }
        let isKnown = remoteCandidates.contains { $0.isAt(check.remote, over: check.local.transport) }
        if !isKnown, !addRemote(Self.peerReflexive(check), context: context) { return }
        guard let candidate = remoteCandidates.first(where: { $0.isAt(check.remote, over: check.local.transport) }),
            let id = pair(check.local, candidate, context: context), let pair = checkList[id]
        else { return }
        checkList.update(id) { $0.requestedAt = now }
        switch pair.state {
        case .succeeded: break
        case .inProgress: hasten(pair.id, at: now, context: context)
        case .frozen, .waiting, .failed: checkList.trigger(id)
        }
        if check.isNominated && context.role == .controlled { nominatedByPeer(id, at: now, context: &context) }
    }

    /// The peer's request shows that the way is open now: what is on its way again is sent at once, for RFC 8445's new
    /// transaction (§7.3.1.4) would only double the packets.
    private mutating func hasten(_ pair: ICECandidatePair.ID, at now: Instant, context: ICEContext) {
        var isPending = false
        for index in transactions.indices where transactions[index].pair == pair {
            guard let nextAt = transactions[index].nextAt else { continue }
            isPending = true
            let soonest = max(now, transactions[index].lastSent + context.configuration.pacing)
            transactions[index].nextAt = min(nextAt, soonest)
        }
        if !isPending { checkList.trigger(pair) }
    }

    private static func peerReflexive(_ check: EarlyCheck) -> ICECandidate {
        let transport = check.local.transport
        let fallback = ICECandidate.priority(
            kind: .peerReflexive, over: transport, localPreference: 0, component: 1)
        return ICECandidate(
            foundation: ICECandidate.foundation(kind: .peerReflexive, transport: transport, base: check.remote.ip),
            transport: transport, priority: check.priority ?? fallback, address: check.remote, kind: .peerReflexive)
    }

    /// RFC 8445 §7.3.1.5, for a controlled agent.
    private mutating func nominatedByPeer(_ id: ICECandidatePair.ID, at now: Instant, context: inout ICEContext) {
        guard let pair = checkList[id] else { return }
        let quiet = selectedPair?.nominatedAt.map { now - $0 }
        checkList.update(id) {
            $0.nominatedAt = now
            $0.isNominatedOnSuccess = !$0.isValid
        }
        guard pair.isValid else { return }
        considerNominated(pair, quiet: quiet, at: now, context: &context)
    }

    /// An aggressive nominator names every pair: the best one counts, unless it is dead or long out of favour.
    /// - Parameter quiet: time since the pair in use was last nominated.
    private mutating func considerNominated(
        _ pair: ICECandidatePair, quiet: Duration?, at now: Instant, context: inout ICEContext
    ) {
        guard let old = selectedPair else { return select(pair.id, at: now, context: &context) }
        guard old.id != pair.id else { return }
        let isLosing = consent?.isLosing(at: now, context.configuration) ?? true
        let isNewChoice = quiet.map { $0 >= context.configuration.renominationQuiet } ?? true
        if pair.priority > old.priority || isLosing || isNewChoice { select(pair.id, at: now, context: &context) }
    }

    // MARK: Answers to our checks

    /// A check on the transaction's pair has succeeded (RFC 8445 §7.2.5.3).
    mutating func succeed(_ transaction: ICETransaction, at now: Instant, context: inout ICEContext) {
        isContacted = true
        let nextConsent = context.nextConsentCheck(after: now)
        if transaction.pair == selected, let silence = consent.map({ now - $0.answeredAt }) {
            if silence >= context.configuration.fallbackTimeout { context.emit(.answeredAgain) }
            consent?.answered(at: now, nextAt: nextConsent)
        }
        let wasNominated = checkList[transaction.pair]?.isNominatedOnSuccess ?? false
        checkList.update(transaction.pair) {
            $0.state = .succeeded
            $0.isValid = true
            $0.answeredAt = now
            $0.isNominatedOnSuccess = false
        }
        guard let pair = checkList[transaction.pair] else { return }
        checkList.thaw(alike: pair)
        firstValidAt = firstValidAt ?? now
        switch context.role {
        case .controlling where transaction.purpose == .nomination && transaction.role == .controlling:
            select(pair.id, at: now, context: &context)
        case .controlled where wasNominated:
            let quiet = selectedPair?.nominatedAt.map { now - $0 }
            considerNominated(pair, quiet: quiet, at: now, context: &context)
        default: break
        }
        if let consent, consent.unanswered == 0 { isChecking = false }
    }

    /// The check has failed for good (RFC 8445 §7.2.5.2).
    mutating func fail(_ transaction: ICETransaction) {
        guard transaction.purpose != .consent else { return }
        // One that only awaited its answer was superseded: what came of its pair since then counts.
        let isDecisive = transaction.purpose == .nomination && transaction.nextAt != nil
        checkList.update(transaction.pair) {
            if $0.state == .inProgress || isDecisive {
                $0.state = .failed
                $0.isValid = false
            }
        }
    }

    private mutating func select(_ id: ICECandidatePair.ID, at now: Instant, context: inout ICEContext) {
        guard id != selected, let pair = checkList[id] else { return }
        selected = id
        consent = ICEConsent(
            answeredAt: pair.answeredAt ?? now, nextCheckAt: context.nextConsentCheck(after: now))
        isChecking = false
        restUntil = nil
        reminder.stop()
        checkList.stop()
        for index in transactions.indices where transactions[index].purpose != .consent {
            transactions[index].nextAt = nil
        }
        context.emit(.selectedPairChanged(local: pair.local.endpoint, remote: pair.remote.address))
    }

    // MARK: Ends

    /// Nothing is left to try, and the time that the peer was to be given is over (RFC 8863 §4).
    func hasGivenUp(at now: Instant) -> Bool {
        guard selected == nil, let patienceEnds, now >= patienceEnds else { return false }
        return !checkList.isActive && !isNominating
    }

    /// Replaced by a newer session: only answers what is still under way.
    mutating func retire(until end: Instant) {
        stop()
        retiresAt = end
    }

    mutating func stop() {
        selected = nil
        consent = nil
        isChecking = false
        patienceEnds = nil
        restUntil = nil
        reminder.stop()
        transactions.removeAll()
        checkList.stop()
    }
}
