import SansIO

/// Which topics of user packets and streams are taken at all. What is not taken is neither kept nor inflated.
public enum TopicFilter: Hashable, Sendable {
    case all
    /// Topics that begin with one of these, by bytes.
    case beginning([TopicName])

    public func accepts(_ topic: TopicName) -> Bool {
        switch self {
        case .all: true
        case .beginning(let prefixes): prefixes.contains { topic.hasPrefix($0) }
        }
    }
}
