import Coach
import Perception
import SansIO

/// What a session wants done, in this order.
public enum SessionEffect: Sendable {
    /// Send a reliable user packet to exactly these identities; answer with `SessionInput.sent`, `sendUnknown` or
    /// `sendFailed`.
    case send(messageID: String, topic: TopicName, payload: [UInt8], to: [Identity])
    /// Send a text stream with the stream id `id` to exactly these identities; answer likewise.
    case sendText(
        messageID: String, topic: TopicName, text: String, id: String, attributes: [AttributeKey: String],
        to: [Identity])
    /// Ask the coach, and answer with `SessionInput.coachAnswered`.
    case ask(requestID: String, HintRequest)
    /// The answer is not wanted any more.
    case cancelAsk(requestID: String)
    /// Write to the journal before the effects that follow are carried out.
    case record(JournalEntry)
    /// Begin or stop to listen to the participant's microphone. Nothing may be decoded unless this said so.
    /// `hasSpoken`: an earlier process heard the participant speak; `silentSince`: and fall silent, as far as it heard.
    case listen(participant: Identity, enabled: Bool, hasSpoken: Bool, silentSince: Instant?)
    /// Begin or stop to look at the participant's camera. Nothing may be decoded unless this said so.
    case watch(participant: Identity, enabled: Bool)
    /// Decode a picture that came by data, as taken at that time; one that cannot be decoded is told by
    /// `SessionInput.streamFailed`. Only while `watch` says so.
    case look(pictureID: String, participant: Identity, takenAt: Instant)
    /// Whether code of the participant arrives: for the participant's `PauseDetector`.
    case codeFeed(participant: Identity, isPresent: Bool)
    /// The participant changed the code: for the participant's `PauseDetector`.
    case typed(participant: Identity)
    /// The settings that count from now on, with those of the job and the room.
    case configured(SessionConfiguration)
    /// For logs, the demo's timeline and metrics.
    case note(TimelineEvent)
}
