import Coach
import Perception
import SansIO
import Settings
import Wire

/// What happens to a session.
public enum SessionInput: Sendable {
    /// How the session's clock reads in wall-clock time: what must be added to an `Instant`'s nanoseconds to get
    /// nanoseconds since 1970. Comes first, and again where the wall clock was set.
    case wallClock(offset: Duration)
    /// The configuration of this process: its own layers, without the job's and the room's. May come again at any time.
    case configuration(Configuration)
    /// What an earlier process wrote about this room. Comes before `joined`, at most once.
    case restored([JournalEntry])
    /// What an earlier process wrote about the room that had this name before. Comes after `restored` and before `joined`,
    /// at most once.
    case predecessor(RoomPredecessor)
    /// The agent is in the room. Participants follow. After a rejoin into the same room it comes again.
    case joined(room: RoomFacts, jobMetadata: String)
    /// The room's metadata changed.
    case roomMetadata(String)
    /// A participant joined or changed.
    case participant(ParticipantFacts)
    case participantLeft(identity: Identity)
    /// Why the participant's camera cannot be looked at, as a sentence for people (a codec that cannot be decoded, say),
    /// or nil once it can; without a participant, nobody's (the models do not run).
    case cameraProblem(participant: Identity?, String?)
    /// Perception heard or saw something of `participant`.
    case signal(Signal, participant: Identity)
    /// A user packet. `sender` is the identity that the server stamped; nil or empty gives it no authority.
    case packet(topic: TopicName, sender: Identity?, payload: [UInt8])
    /// A whole text stream.
    case text(topic: TopicName, sender: Identity?, attributes: [AttributeKey: String], text: String, streamID: String)
    /// A picture on `jask.frame`. Its bytes stay with the owner, under `id`, until the effects of this input are carried
    /// out: `SessionEffect.look` is one of them where the picture is to be decoded.
    case picture(ArrivedPicture, sender: Identity?, id: String)
    /// A stream that cannot be read: too large, not UTF-8, an inflate bomb, cut, of bytes. Its sender is told why.
    case streamFailed(topic: TopicName, sender: Identity?, WireError)
    /// Somebody sends so much that it was dropped before it was parsed. They are told once.
    case tooMuch(sender: Identity?)
    /// What came of `SessionEffect.ask`.
    case coachAnswered(requestID: String, CoachOutcome)
    /// The server has what `SessionEffect.send` or `sendText` asked for. `at`: when it left, which was before.
    case sent(messageID: String, at: Instant)
    /// It was lost on its way, or is not known to have left: it is not tried again.
    case sendUnknown(messageID: String)
    /// It was surely not sent. Unless that is for good (it is too large, say), it is tried again, at the latest when the
    /// connection is restored.
    case sendFailed(messageID: String, isForGood: Bool)
    case connection(ConnectionChange)
}

/// The room that had this name before, with another sid: the server forgot it, or it was over.
public struct RoomPredecessor: Sendable, Hashable {
    public var entries: [JournalEntry]
    /// When an assistant was last in it, in milliseconds since 1970.
    public var aliveAt: Int64

    public init(entries: [JournalEntry], aliveAt: Int64) {
        self.entries = entries
        self.aliveAt = aliveAt
    }
}

/// Whether data can be sent.
public enum ConnectionChange: String, Sendable, Hashable {
    case lost
    case restored
}
