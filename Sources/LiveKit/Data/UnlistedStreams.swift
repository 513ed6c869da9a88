import SansIO

/// Whole streams of senders that the server has not listed yet: it tells of who only listens with some delay. Bounded in
/// number, bytes and time; who has the most waiting gives way.
struct UnlistedStreams {
    /// How long one waits.
    static let patience = Duration.seconds(10)
    static let most = 64
    static let mostBytes = 8 << 20

    private struct Waiting {
        var content: DataStreamContent
        var until: Instant
    }

    private var waiting: [Waiting] = []
    private var budget = StreamBudget()

    var deadline: Instant? { waiting.first?.until }

    /// - Returns: what had to give way to it, perhaps itself.
    mutating func add(_ content: DataStreamContent, at now: Instant) -> [DataStreamContent] {
        waiting.append(Waiting(content: content, until: now + Self.patience))
        budget.open(content.info.sender.sid)
        budget.hold(content.bytes.readableBytes, content.info.sender.sid)
        var dropped: [DataStreamContent] = []
        while budget.total.streams > Self.most || budget.total.bytes > Self.mostBytes {
            let measure = budget.total.streams > Self.most ? \StreamBudget.Share.streams : \.bytes
            guard let largest = budget.largest(measure) else { break }
            guard let index = waiting.firstIndex(where: { $0.content.info.sender.sid == largest.sid }) else { break }
            dropped.append(remove(at: index))
        }
        return dropped
    }

    /// Takes out those of a sender.
    mutating func take(of sid: String) -> [DataStreamContent] {
        var taken: [DataStreamContent] = []
        while let index = waiting.firstIndex(where: { $0.content.info.sender.sid == sid }) {
            taken.append(remove(at: index))
        }
        return taken
    }

    /// Takes out those that have waited long enough.
    mutating func expired(at now: Instant) -> [DataStreamContent] {
        var taken: [DataStreamContent] = []
        while let first = waiting.first, first.until <= now { taken.append(remove(at: 0)) }
        return taken
    }

    private mutating func remove(at index: Int) -> DataStreamContent {
        let content = waiting.remove(at: index).content
        budget.close(content.info.sender.sid, bytes: content.bytes.readableBytes)
        return content
    }
}
