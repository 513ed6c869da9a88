import Coach
import Perception
import SansIO
import Wire

/// What a session did or noticed, for people and metrics. Carries texts: it is not for the journal.
public struct TimelineEvent: Sendable, Hashable {
    public var at: Instant
    public var kind: Kind

    public init(at: Instant, kind: Kind) {
        self.at = at
        self.kind = kind
    }

    public enum Kind: Sendable, Hashable {
        /// Who the candidate is now; nil while that is not known.
        case candidate(identity: Identity?)
        /// Two or more could be the candidate: no hints until someone is named.
        case ambiguous([Identity])
        case noticeSent(id: String, kind: NoticeMessage.Kind, to: Identity)
        /// An error notice was left out: its addressee had enough of them lately.
        case noticeSuppressed(to: Identity, code: String)
        /// A message that was not sent: too much waited for its addressee, or it can never be.
        case messageLost(to: Identity, reason: String)
        case listening(participant: Identity, Bool)
        case watching(participant: Identity, Bool)
        case heard(Signal)
        case code(from: Identity, path: String, language: String, revision: Int, bytes: Int, isUsed: Bool)
        case problem(bytes: Int, from: Identity?)
        case runResult(from: Identity, passed: Int, failed: Int)
        /// A moment waits for a boundary.
        case waiting(trigger: String, reason: String)
        /// There will be no hint for a moment.
        case dropped(trigger: String, reason: String)
        case asked(requestID: String, trigger: TriggerFacts, tier: Int)
        case answered(requestID: String, CoachOutcome)
        /// The request or its answer is not wanted any more.
        case withdrawn(requestID: String, reason: String)
        /// A hint waits for the connection or the candidate.
        case hintHeld(id: String, reason: String)
        case hintSent(HintSent)
        /// A hint was not sent.
        case hintDropped(id: String, reason: String)
        case hintSentAgain(id: String)
        case hintAcknowledged(id: String, by: Identity, AckMessage.Status)
        case control(ControlMessage.Action, by: Identity)
        /// Input that changed nothing, and why: a `WireError.Code`, or another short name.
        case refused(topic: String, sender: Identity?, code: String)
        /// A setting in the job's or the room's metadata that is left out, or metadata that cannot be read.
        case badMetadata(String)
        case connection(ConnectionChange)
    }

    /// One hint on its way.
    public struct HintSent: Sendable, Hashable {
        public var id: String
        public var hint: Hint
        public var trigger: TriggerFacts
        public var to: [Identity]
        /// From the trigger to the packet's leave, the coach's time included.
        public var sinceTrigger: Duration
        /// The coach's own part of it.
        public var coach: Duration
        /// The part of it spent on waiting for a boundary, for the connection or for the candidate's return.
        public var waited: Duration
        /// Jask's own share: what remains.
        public var ownShare: Duration { sinceTrigger - coach - waited }

        public init(
            id: String, hint: Hint, trigger: TriggerFacts, to: [Identity], sinceTrigger: Duration, coach: Duration,
            waited: Duration
        ) {
            self.id = id
            self.hint = hint
            self.trigger = trigger
            self.to = to
            self.sinceTrigger = sinceTrigger
            self.coach = coach
            self.waited = waited
        }
    }
}
