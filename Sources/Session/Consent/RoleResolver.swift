import SansIO

/// Works out who is who in a room. A pure function of the facts.
struct RoleResolver {
    /// From the job's metadata: whoever dispatched the job may name people.
    var namedCandidate: Identity?
    var namedInterviewers: Set<Identity> = []
    /// The attribute by which a client's token tells the role.
    static let attribute: AttributeKey = "jask.role"

    enum Candidate: Hashable {
        case unknown
        case known(Identity)
        /// More than one could be.
        case ambiguous([Identity])
    }

    /// The role that is told for a participant; nil where none is, or where the participant could have told it itself.
    func role(of facts: ParticipantFacts) -> ParticipantRole? {
        if facts.identity == namedCandidate, facts.kind == .standard { return .candidate }
        if namedInterviewers.contains(facts.identity) { return .interviewer }
        guard facts.kind != .service, !facts.canUpdateMetadata,
            let told = facts.attributes[Self.attribute].flatMap(ParticipantRole.init)
        else { return nil }
        // An agent can interview; it cannot be the candidate.
        return facts.kind == .agent && told == .candidate ? nil : told
    }

    /// Whoever a role names as the candidate, where it is one and no more.
    func toldCandidate(among participants: some Sequence<ParticipantFacts>) -> Identity? {
        let told = participants.filter { $0.kind == .standard && role(of: $0) == .candidate }
        return told.count == 1 ? told.first?.identity : nil
    }

    /// - Parameters:
    ///   - previous: who it was before; kept while nobody else can be, so that someone who drops out and comes back is still
    ///     the candidate.
    ///   - told: whom a role named last. While they are away, nobody is taken for the candidate for want of another.
    func candidate(
        among participants: some Sequence<ParticipantFacts>, previous: Identity?, told last: Identity?
    ) -> Candidate {
        if let namedCandidate { return .known(namedCandidate) }
        var isLastHere = false
        var told: [Identity] = []
        var publishers: [Identity] = []
        var others: Set<Identity> = []
        for facts in participants where facts.kind == .standard {
            if facts.identity == last { isLastHere = true }
            switch role(of: facts) {
            case .candidate?: told.append(facts.identity)
            case .interviewer?, .observer?: others.insert(facts.identity)
            case nil where facts.isPublisher && !facts.isHidden: publishers.append(facts.identity)
            case nil: break
            }
        }
        if let last, told.isEmpty, !isLastHere { return .known(last) }
        let possible = told.isEmpty ? publishers : told
        if possible.count > 1 { return .ambiguous(possible.sorted()) }
        if let only = possible.first { return .known(only) }
        guard let previous, !others.contains(previous) else { return .unknown }
        return .known(previous)
    }
}
