import RenderedCandidate
import SansIO
import Wire

/// What a virtual candidate does and sees, for timelines and tests.
public enum CandidateEvent: Sendable {
    case joined(room: RoomName, others: [Identity])
    case microphonePublished(sid: String)
    case cameraPublished(sid: String)
    /// Something in front of the camera begins or ends.
    case camera(CameraScript.News)
    case beganSpeaking
    case fellSilent
    case codeSent(path: String, bytes: Int)
    /// A hint that can be read; its packet is told too.
    case hint(HintMessage)
    /// A user packet.
    case packet(topic: TopicName, sender: Identity, text: String)
    /// A text stream.
    case text(topic: TopicName, sender: Identity, text: String)
    case reconnecting(String)
    case resumed
    case warning(String)
    case left(String)
}
