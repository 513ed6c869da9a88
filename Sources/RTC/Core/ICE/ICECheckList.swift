import SansIO

/// The pairs of one ICE session, best first (RFC 8445 §6.1.2), and the queue of triggered checks (§6.1.4.1).
struct ICECheckList: Sendable {
    private(set) var pairs: [ICECandidatePair] = []
    private(set) var triggered: [ICECandidatePair.ID] = []
    private var nextID = 0

    subscript(id: ICECandidatePair.ID) -> ICECandidatePair? {
        pairs.first { $0.id == id }
    }

    func pair(local: LocalEndpoint, remote: TransportAddress) -> ICECandidatePair? {
        pairs.first { $0.local.endpoint == local && $0.remote.address == remote }
    }

    /// The best pair that works.
    var bestValid: ICECandidatePair? { pairs.first { $0.isValid } }

    /// Whether a check is under way or still to come on any pair.
    var isActive: Bool {
        !triggered.isEmpty || pairs.contains { $0.state == .waiting || $0.state == .inProgress || $0.state == .frozen }
    }

    /// Whether a pair that is better than `pair` may still turn out to work.
    func mayImprove(on pair: ICECandidatePair) -> Bool {
        pairs.contains { $0.priority > pair.priority && !$0.isValid && $0.state != .failed }
    }

    mutating func update(_ id: ICECandidatePair.ID, _ change: (inout ICECandidatePair) -> Void) {
        guard let index = pairs.firstIndex(where: { $0.id == id }) else { return }
        change(&pairs[index])
    }

    /// Adds a pair unless it is there.
    /// - Parameter keeping: a pair that is not dropped when there are more than `maximum`.
    /// - Returns: the pair's identifier; `nil` if it was the one too many.
    @discardableResult
    mutating func add(
        local: ICECandidate, remote: ICECandidate, role: ICEAgent.Role, maximum: Int, keeping: ICECandidatePair.ID?
    ) -> ICECandidatePair.ID? {
        if let existing = pair(local: local.endpoint, remote: remote.address) { return existing.id }
        var pair = ICECandidatePair(id: nextID, local: local, remote: remote, role: role, state: .frozen)
        nextID &+= 1
        pair.state = initialState(of: pair)
        let position = pairs.firstIndex { $0.priority < pair.priority } ?? pairs.endIndex
        pairs.insert(pair, at: position)
        if pairs.count > maximum { dropLowest(keeping: keeping) }
        return self[pair.id] == nil ? nil : pair.id
    }

    /// One pair of a foundation is checked first, the others wait for how it fares (RFC 8445 §6.1.2.6, RFC 8838 §12).
    private func initialState(of pair: ICECandidatePair) -> ICECandidatePair.State {
        let alike = pairs.filter { $0.hasFoundation(of: pair) }
        if alike.contains(where: { $0.state == .succeeded }) { return .waiting }
        return alike.contains { $0.state != .failed } ? .frozen : .waiting
    }

    private mutating func dropLowest(keeping kept: ICECandidatePair.ID?) {
        guard let index = pairs.lastIndex(where: { $0.id != kept && !$0.isValid && $0.state != .inProgress })
        else { return }
        let id = pairs.remove(at: index).id
        triggered.removeAll { $0 == id }
    }

    /// After a change of role, or of a remote candidate's priority.
    mutating func recomputePriorities(role: ICEAgent.Role) {
        for index in pairs.indices {
            pairs[index].priority = ICECandidatePair.priority(
                local: pairs[index].local, remote: pairs[index].remote, role: role)
        }
        pairs.sort { $0.priority > $1.priority }
    }

    /// A peer-reflexive candidate that is signalled afterwards takes the signalled one's place (RFC 8838 §11).
    mutating func replaceRemote(_ candidate: ICECandidate, role: ICEAgent.Role) {
        for index in pairs.indices where pairs[index].remote.isAt(candidate.address, over: candidate.transport) {
            pairs[index].remote = candidate
        }
        recomputePriorities(role: role)
    }

    mutating func trigger(_ id: ICECandidatePair.ID) {
        update(id) { $0.state = .waiting }
        if !triggered.contains(id) { triggered.append(id) }
    }

    /// The pair to check next: a triggered one, else the best waiting one, else a frozen one whose foundation is idle
    /// (RFC 8445 §6.1.4.2).
    mutating func nextToCheck(ordinary: Bool) -> ICECandidatePair? {
        while !triggered.isEmpty {
            if let pair = self[triggered.removeFirst()], pair.state == .waiting { return pair }
        }
        guard ordinary else { return nil }
        if let waiting = pairs.first(where: { $0.state == .waiting }) { return waiting }
        return pairs.first { $0.state == .frozen && isIdle(foundationOf: $0) }
    }

    /// Whether ``nextToCheck(ordinary:)`` would give a pair.
    func hasWork(ordinary: Bool) -> Bool {
        if triggered.contains(where: { self[$0]?.state == .waiting }) { return true }
        guard ordinary else { return false }
        return pairs.contains { $0.state == .waiting || ($0.state == .frozen && isIdle(foundationOf: $0)) }
    }

    private func isIdle(foundationOf pair: ICECandidatePair) -> Bool {
        !pairs.contains { $0.hasFoundation(of: pair) && ($0.state == .waiting || $0.state == .inProgress) }
    }

    /// RFC 8445 §7.2.5.3.3: what has worked for one pair is worth trying for those alike.
    mutating func thaw(alike pair: ICECandidatePair) {
        for index in pairs.indices where pairs[index].state == .frozen && pairs[index].hasFoundation(of: pair) {
            pairs[index].state = .waiting
        }
    }

    /// Puts every pair but `kept` back to the start, to be checked again.
    mutating func recheck(except kept: ICECandidatePair.ID?) {
        for index in pairs.indices where pairs[index].id != kept && pairs[index].state != .inProgress {
            pairs[index].state = .waiting
            pairs[index].isValid = false
        }
    }

    /// Nothing more is checked once a pair is in use (RFC 8445 §8.1.2).
    mutating func stop() {
        triggered.removeAll()
    }
}
