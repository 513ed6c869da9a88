import SansIO

/// A message of a participant that cannot be read yet.
struct HeldInput: Sendable {
    var topic: TopicName
    var content: Content

    enum Content: Sendable {
        case packet([UInt8])
        case text(attributes: [AttributeKey: String], String)
    }

    var byteCount: Int {
        switch content {
        case .packet(let payload): payload.count
        case .text(let attributes, let text):
            attributes.reduce(text.utf8.count) { $0 + $1.key.utf8Count + $1.value.utf8.count }
        }
    }
}
