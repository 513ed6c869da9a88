import SansIO

/// A room as the server's list of rooms shows it.
struct RoomSummary: Sendable, Hashable {
    var key: RoomKey
    /// How old the room is by the server's and this machine's clocks.
    var age: Duration
    /// Standard participants, as the server counts them: up to 5 s late.
    var people: Int

    init(key: RoomKey, age: Duration, people: Int) {
        self.key = key
        self.age = age
        self.people = people
    }
}

/// A room as the list of its participants shows it, as far as reconciling needs it.
struct RoomView: Sendable, Hashable {
    /// Whether the process behind an assistant lives.
    enum Liveness: Sendable, Hashable {
        case alive
        case dead
        /// It runs elsewhere: only an answer of its own can tell.
        case unknown
    }

    /// An assistant of this kind that the room lists; the dead stay listed until their connection times out.
    struct Assistant: Sendable, Hashable {
        var identity: Identity
        var sid: String
        /// The worker's instance; `nil` for an assistant that names none.
        var instance: String?
        var liveness: Liveness
        /// Nanoseconds since 1970, by the server's clock.
        var joinedAt: Int64
        /// The last question that it answered.
        var answered: String?

        /// As one of a process that holds its lock and does nothing.
        func standingStill(_ instance: String) -> Assistant {
            var assistant = self
            if self.instance == instance { assistant.liveness = .dead }
            return assistant
        }
    }

    /// A wish for an agent.
    struct Dispatch: Sendable, Hashable {
        var id: String
        var agentName: String
        var metadata: String
        /// Nanoseconds since 1970, by the server's clock.
        var createdAt: Int64
        /// No job of it is waiting or running: nobody comes of it any more.
        var isOver = false

        /// Dispatches within this time, in nanoseconds, count as made by several workers at once: the earliest goes first.
        static let raceWindow: Int64 = 3_000_000_000
    }

    var name: RoomName
    var sid: String
    /// Standard participants.
    var people: Int
    var assistants: [Assistant]

    var key: RoomKey { RoomKey(name: name, sid: sid) }

    /// The assistant by the identity that the room's has, whoever runs it.
    var heir: Assistant? { assistants.first { $0.identity == key.assistant } }
}
