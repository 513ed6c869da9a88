import LiveKit

/// What a virtual candidate does and sees, for timelines and tests.
public enum CandidateEvent: Sendable {
    case joined(room: String, others: [String])
    case microphonePublished(sid: String)
    case beganSpeaking
    case fellSilent
    case codeSent(path: String, bytes: Int)
    /// A user packet.
    case packet(topic: String, sender: String, text: String)
    /// A text stream.
    case text(topic: String, sender: String, text: String)
    case reconnecting(String)
    case resumed
    case warning(String)
    case left(String)
}
