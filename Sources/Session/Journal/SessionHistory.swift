import SansIO
import Wire

/// What a journal says about a session: all that a later process needs, so that nothing is said twice.
public struct SessionHistory: Sendable, Hashable {
    /// A hint that left, or may have.
    public struct GivenHint: Sendable, Hashable {
        /// Milliseconds since 1970.
        public var at: Int64
        public var record: JournalEntry.HintRecord
        /// Whether it is known to have left.
        public var wasSent: Bool
    }

    /// The sid and name of the room; empty and nil where the journal does not say.
    public private(set) var room = ""
    public private(set) var roomName: RoomName?
    /// Whether the server said that the room is over, and nobody was in it since.
    public private(set) var isClosed = false
    /// Milliseconds since 1970; nil for an empty journal.
    public private(set) var startedAt: Int64?
    public private(set) var candidate: Identity?
    /// The sid that each identity was last told under.
    public private(set) var noticed: [Identity: String] = [:]
    /// The sid that each identity was last told under that their camera is looked at.
    public private(set) var noticedCameras: [Identity: String] = [:]
    public private(set) var optedOut: [Identity: Set<ObservedSource>] = [:]
    /// When each of them said so, in milliseconds since 1970.
    public private(set) var optedOutAt: [Identity: Int64] = [:]
    public private(set) var spoken: Set<Identity> = []
    /// Whose code was taken.
    public private(set) var coded: Set<Identity> = []
    /// Since when, in milliseconds since 1970, those have been silent of whom it is known.
    public private(set) var silentSince: [Identity: Int64] = [:]
    public private(set) var isPaused = false
    public private(set) var isEnded = false
    /// Whether an interviewer paused, resumed or ended the assistant.
    public private(set) var isSteered = false
    public private(set) var tierLimit: Int?
    /// Oldest first.
    public private(set) var hints: [GivenHint] = []

    /// Replays the entries in order.
    public init(_ entries: some Sequence<JournalEntry>) {
        for entry in entries { take(entry) }
    }

    private mutating func take(_ entry: JournalEntry) {
        // The first entry says `began`; where that one was lost, the next is nearest. Opt-outs that stand before it are
        // of an earlier room of the name.
        if case .optedOut = entry.event {} else { startedAt = startedAt ?? entry.at }
        switch entry.event {
        case .began(let room, let name):
            (self.room, roomName) = (room, name ?? roomName)
            isClosed = false
        case .closed: isClosed = true
        case .candidate(let identity): candidate = identity
        case .noticed(let identity, let sid): noticed[identity] = sid
        case .noticedCamera(let identity, let sid): noticedCameras[identity] = sid.isEmpty ? nil : sid
        case .optedOut(let identity, let sources):
            optedOut[identity] = sources.isEmpty ? nil : Set(sources)
            optedOutAt[identity] = sources.isEmpty ? nil : entry.at
        case .spoke(let identity): spoken.insert(identity)
        case .coded(let identity): coded.insert(identity)
        case .silent(let identity, let since): silentSince[identity] = since
        case .paused: (isPaused, isSteered) = (true, true)
        case .resumed: (isPaused, isSteered) = (false, true)
        case .ended: (isEnded, isSteered) = (true, true)
        case .tierLimit(let tier, _): tierLimit = tier
        case .intended(let record):
            guard !hints.contains(where: { $0.record.id == record.id }) else { break }
            hints.append(GivenHint(at: entry.at, record: record, wasSent: false))
        case .sent(let id):
            guard let index = hints.lastIndex(where: { $0.record.id == id }) else { break }
            hints[index].wasSent = true
        case .hintDropped(let id, _): hints.removeAll { $0.record.id == id && !$0.wasSent }
        case .dropped, .asked, .answered, .withdrawn, .acknowledged, .refused, .lost: break
        }
    }

    /// The fewest entries that say the same.
    public var entries: [JournalEntry] {
        let at = startedAt ?? 0
        var entries: [JournalEntry] =
            startedAt.map { [JournalEntry(at: $0, event: .began(room: room, name: roomName))] } ?? []
        func add(_ event: JournalEntry.Event) { entries.append(JournalEntry(at: at, event: event)) }
        if let candidate { add(.candidate(identity: candidate)) }
        for (identity, sid) in noticed.sorted(by: { $0.key < $1.key }) { add(.noticed(identity: identity, sid: sid)) }
        for (identity, sid) in noticedCameras.sorted(by: { $0.key < $1.key }) {
            add(.noticedCamera(identity: identity, sid: sid))
        }
        for (identity, sources) in optedOut.sorted(by: { $0.key < $1.key }) {
            let event = JournalEntry.Event.optedOut(identity: identity, sources: sources.sorted())
            entries.append(JournalEntry(at: optedOutAt[identity] ?? at, event: event))
        }
        for identity in spoken.sorted() { add(.spoke(identity: identity)) }
        for identity in coded.sorted() { add(.coded(identity: identity)) }
        for (identity, since) in silentSince.sorted(by: { $0.key < $1.key }) {
            add(.silent(identity: identity, since: since))
        }
        if isPaused { add(.paused(by: "")) }
        if isEnded { add(.ended(by: "")) }
        if isSteered, !isPaused, !isEnded { add(.resumed(by: "")) }
        if let tierLimit { add(.tierLimit(tierLimit, by: "")) }
        for hint in hints {
            entries.append(JournalEntry(at: hint.at, event: .intended(hint.record)))
            if hint.wasSent { entries.append(JournalEntry(at: hint.at, event: .sent(hint: hint.record.id))) }
        }
        if isClosed { add(.closed) }
        return entries
    }
}
