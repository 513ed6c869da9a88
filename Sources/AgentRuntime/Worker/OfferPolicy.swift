import LiveKit

/// Decides about an offered job.
enum OfferPolicy {
    enum Verdict: String, Sendable, Hashable {
        case accept
        /// The worker is draining, or has no room for more: another worker is asked.
        case draining, full
        /// The offer names no room.
        case unusable
        /// There is or will be an assistant in the room: nobody is to take the job.
        case alreadyHere = "already_here"
        /// A living assistant of another worker is in the room.
        case covered
        /// Another dispatch of the same moment goes first.
        case outranked
    }

    /// Dispatches within this time count as made by several workers at once.
    static let raceWindow = RoomView.Dispatch.raceWindow

    /// What this process knows by itself.
    static func verdict(
        roomSID: String, ownRooms: Set<String>, isDraining: Bool, hasRoom: Bool
    ) -> Verdict {
        if roomSID.isEmpty { return .unusable }
        if ownRooms.contains(roomSID) { return .alreadyHere }
        if isDraining { return .draining }
        return hasRoom ? .accept : .full
    }

    /// What the server's lists add, for a room that is not new.
    ///
    /// Several workers may see at once that a room has no assistant. Of their dispatches the earliest wins, by its id
    /// where the times are the same, and whoever is offered another one ends it.
    static func verdict(
        dispatchID: String, agentName: String, room: RoomView, dispatches: [RoomView.Dispatch]
    ) -> Verdict {
        let expected = room.key.assistant
        if room.assistants.contains(where: { $0.identity == expected && $0.liveness == .alive }) { return .covered }
        guard let own = dispatches.first(where: { $0.id == dispatchID }) else { return .accept }
        let heirSince = room.assistants.first { $0.identity == expected }?.joinedAt ?? 0
        let isOutranked = dispatches.contains { other in
            other.id != own.id && other.agentName == agentName && !other.isOver
                // The dispatch that brought the dead assistant is no rival.
                && other.createdAt > heirSince
                && (other.createdAt, other.id) < (own.createdAt, own.id)
                && own.createdAt.subtractingReportingOverflow(other.createdAt).partialValue < raceWindow
        }
        return isOutranked ? .outranked : .accept
    }
}

extension JobAnswer {
    init(_ verdict: OfferPolicy.Verdict, identity: AgentIdentity) {
        switch verdict {
        case .accept: self = .accept(identity)
        case .draining, .full, .unusable: self = .decline
        case .alreadyHere, .covered, .outranked: self = .closeWithoutRunning
        }
    }
}
