import SansIO
import Wire

/// One message to one participant, until the server has it.
struct Outgoing: Sendable {
    enum Content: Sendable {
        case packet(topic: TopicName, payload: [UInt8])
        case text(topic: TopicName, text: String, streamID: String, attributes: [AttributeKey: String])
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
        /// Which pictures are wanted.
        case wantedPictures
    }

    var id: String
    var content: Content
    var to: Identity
    var purpose: Purpose
    /// After this it is not worth sending.
    var expiresAt: Instant? = nil
    /// What waits for the same participant under the same key is out of date once this one is there.
    var supersedes: String? = nil
    /// Its place among all that were ever to be sent.
    var order: UInt64 = 0

    var effect: SessionEffect {
        switch content {
        case .packet(let topic, let payload): .send(messageID: id, topic: topic, payload: payload, to: [to])
        case .text(let topic, let text, let streamID, let attributes):
            .sendText(messageID: id, topic: topic, text: text, id: streamID, attributes: attributes, to: [to])
        }
    }

    /// What it holds in memory.
    var byteCount: Int {
        switch content {
        case .packet(_, let payload): payload.count
        case .text(_, let text, _, let attributes):
            attributes.reduce(text.utf8.count) { $0 + $1.key.utf8Count + $1.value.utf8.count }
        }
    }

    var isNotice: Bool {
        switch purpose {
        case .observing, .notice, .chat, .wantedPictures: true
        case .hint, .hintCopy, .hintAgain: false
        }
    }

    /// The one before which nothing of the participant is used.
    var isFirstNotice: Bool {
        if case .observing = purpose { true } else { false }
    }

    /// Of the hint that it carries in any form.
    var hintID: String? {
        switch purpose {
        case .observing, .notice, .chat, .wantedPictures: nil
        case .hint(let id), .hintCopy(let id), .hintAgain(let id): id
        }
    }
}
