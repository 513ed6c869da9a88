import SansIO

/// The offers on one subscriber connection: numbered, one outstanding at a time, later changes gathered into the next.
struct SubscriberOffers {
    enum Step: Equatable { case makeOffer(restartsICE: Bool) }

    private enum State: Equatable {
        case idle
        /// The media plane is making the description.
        case making
        case waiting(id: UInt32, until: Instant)
    }

    private var state = State.idle
    private var lastID: UInt32
    private var isChanged = false
    private var restarts = false
    /// When a change that came meanwhile is offered.
    private var due: Instant?
    /// Whether the client has answered once; before, it is offered nothing but the data section.
    private(set) var hasAnswered = false

    init(firstID: UInt32) {
        lastID = firstID &- 1
    }

    /// Something changed that the client must be offered.
    mutating func request(restartsICE: Bool = false) -> Step? {
        restarts = restarts || restartsICE
        guard state == .idle else {
            isChanged = true
            return nil
        }
        return begin()
    }

    /// The client lost its signalling: an answer under way will not come.
    mutating func abandon() {
        state = .idle
        isChanged = false
        due = nil
    }

    /// - Returns: the id under which the description is sent.
    mutating func offered(at now: Instant, timeout: Duration) -> UInt32? {
        guard state == .making else { return nil }
        lastID &+= 1
        state = .waiting(id: lastID, until: now + timeout)
        return lastID
    }

    /// - Parameter id: what the answer names; 0 comes from clients that name nothing.
    /// - Returns: whether the answer is for the last offer.
    mutating func answered(id: UInt32, at now: Instant, delay: Duration) -> Bool {
        guard case .waiting(let expected, _) = state, id == 0 || id == expected else { return false }
        state = .idle
        hasAnswered = true
        if isChanged { due = now + delay }
        isChanged = false
        return true
    }

    /// The media plane could not make a description.
    mutating func failed() {
        if state == .making { state = .idle }
    }

    mutating func timeout(at now: Instant) -> Step? {
        guard let due, due <= now else { return nil }
        self.due = nil
        return state == .idle ? begin() : nil
    }

    /// Whether the client left an offer unanswered for too long.
    func isOverdue(at now: Instant) -> Bool {
        if case .waiting(_, let until) = state { return until <= now }
        return false
    }

    var deadline: Instant? {
        if case .waiting(_, let until) = state { return earliest(due, until) }
        return due
    }

    private mutating func begin() -> Step {
        defer { restarts = false }
        state = .making
        due = nil
        return .makeOffer(restartsICE: restarts)
    }
}
