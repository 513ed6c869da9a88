import SansIO
import Wire

/// One line of a session's journal: a time, ids and a decision. Never a text of code, problem or hint.
public struct JournalEntry: Sendable, Hashable {
    /// Milliseconds since 1970.
    public var at: Int64
    public var event: Event

    public init(at: Int64, event: Event) {
        self.at = at
        self.event = event
    }

    public enum Event: Sendable, Hashable {
        /// A process took up the session of this room. The name is nil in journals of before it was written.
        case began(room: String, name: RoomName?)
        /// The server said that the room is over.
        case closed
        /// The candidate's identity is known, or no longer.
        case candidate(identity: Identity?)
        /// The participant of this sid was told what is observed.
        case noticed(identity: Identity, sid: String)
        /// The participant of this sid was told that their camera is looked at; without a sid, that it is not any more.
        case noticedCamera(identity: Identity, sid: String)
        /// What the participant does not want to be used, in all.
        case optedOut(identity: Identity, sources: [ObservedSource])
        /// The participant was heard to speak, for the first time.
        case spoke(identity: Identity)
        /// Code of the participant was taken, for the first time. No text of it is kept: a later process asks for it.
        case coded(identity: Identity)
        /// Since when (milliseconds since 1970) the candidate has been silent and nobody else has spoken; nil while
        /// somebody speaks, and where it is not known.
        case silent(identity: Identity, since: Int64?)
        case paused(by: Identity)
        case resumed(by: Identity)
        case ended(by: Identity)
        /// The interviewers' highest tier; nil for none of theirs.
        case tierLimit(Int?, by: Identity)
        /// A moment came to nothing.
        case dropped(trigger: String, reason: String)
        case asked(request: String, trigger: String, tier: Int)
        /// The coach's answer: who wrote it, or why there is none.
        case answered(request: String, source: String)
        case withdrawn(request: String, reason: String)
        /// A hint is about to be sent. Without a `sent` after it, it may or may not have left.
        case intended(HintRecord)
        /// The hint left for the candidate.
        case sent(hint: String)
        /// A hint that was composed but not sent.
        case hintDropped(hint: String, reason: String)
        case acknowledged(hint: String, by: Identity, status: String)
        /// Bad input.
        case refused(topic: String, sender: Identity?, code: String)
        /// So many entries are missing here: the disk did not take them in time, and too many waited.
        case lost(entries: Int)
    }

    /// What is kept of a hint.
    public struct HintRecord: Sendable, Hashable, Codable {
        public var id: String
        public var tier: Int
        /// `claude` or `rehearsed`.
        public var source: String
        public var trigger: String
        /// Identities.
        public var to: [Identity]
        /// `Fingerprint.ofHint` of the text, to tell a repetition.
        public var text: String
        /// `Fingerprint` of the document's path, with the revision and lines, where the hint has an anchor.
        public var anchor: String?
        /// Milliseconds since 1970.
        public var expires: Int64

        public init(
            id: String, tier: Int, source: String, trigger: String, to: [Identity], text: String, anchor: String? = nil,
            expires: Int64
        ) {
            self.id = id
            self.tier = tier
            self.source = source
            self.trigger = trigger
            self.to = to
            self.text = text
            self.anchor = anchor
            self.expires = expires
        }
    }
}
