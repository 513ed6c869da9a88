import SansIO
import Wire

/// One message to one participant, until it was handed to an open channel.
struct Outgoing: Sendable {
    enum Content: Sendable {
        case packet(topic: String, payload: [UInt8])
        case text(topic: String, text: String, streamID: String, attributes: [String: String])
    }

    enum Purpose: Sendable, Hashable {
        /// The notice that has to come before anything of this sid is perceived.
        case observing(noticeID: String, sid: String)
        case notice(noticeID: String, NoticeMessage.Kind)
        /// The hint itself, on its way to the candidate.
        case hint(String)
        /// The hint for an interviewer, or in another form.
        case hintCopy(String)
        case hintAgain(String)
        /// Another form of a notice.
        case chat
    }

    var id: String
    var content: Content
    var to: String
    var purpose: Purpose
    /// After this it is not worth sending.
    var expiresAt: Instant? = nil
    /// Not before this.
    var notBefore: Instant? = nil
    /// Its place among all that were ever to be sent.
    var order: UInt64 = 0

    var effect: SessionEffect {
        switch content {
        case .packet(let topic, let payload): .send(messageID: id, topic: topic, payload: payload, to: [to])
        case .text(let topic, let text, let streamID, let attributes):
            .sendText(messageID: id, topic: topic, text: text, id: streamID, attributes: attributes, to: [to])
        }
    }
}
