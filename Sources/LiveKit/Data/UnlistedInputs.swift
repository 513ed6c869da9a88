import SansIO

/// Something whole that was sent.
enum SentInput {
    case user(UserData, from: DataSender)
    case stream(DataStreamContent)

    var sender: DataSender {
        switch self {
        case .user(_, let sender): sender
        case .stream(let content): content.info.sender
        }
    }

    var byteCount: Int {
        switch self {
        case .user(let user, _): user.payload.readableBytes
        case .stream(let content): content.bytes.readableBytes
        }
    }
}

/// Whole streams and packets of senders that the server has not listed yet: it tells of who only listens with some delay.
/// Bounded in number, bytes and time; who has the most waiting gives way.
struct UnlistedInputs {
    /// How long one waits.
    static let patience = Duration.seconds(10)
    static let most = 64
    static let mostBytes = 8 << 20

    private struct Waiting {
        var content: SentInput
        var until: Instant
    }

    private var waiting: [Waiting] = []
    private var budget = StreamBudget()

    var deadline: Instant? { waiting.first?.until }

    /// - Returns: what had to give way to it, perhaps itself.
    mutating func add(_ content: SentInput, at now: Instant) -> [SentInput] {
        waiting.append(Waiting(content: content, until: now + Self.patience))
        budget.open(content.sender.sid)
        budget.hold(content.byteCount, content.sender.sid)
        var dropped: [SentInput] = []
        while budget.total.streams > Self.most || budget.total.bytes > Self.mostBytes {
            let measure = budget.total.streams > Self.most ? \StreamBudget.Share.streams : \.bytes
            guard let largest = budget.largest(measure) else { break }
            guard let index = waiting.firstIndex(where: { $0.content.sender.sid == largest.sid }) else { break }
            dropped.append(remove(at: index))
        }
        return dropped
    }

    /// Takes out those of a sender.
    mutating func take(of sid: String) -> [SentInput] {
        var taken: [SentInput] = []
        while let index = waiting.firstIndex(where: { $0.content.sender.sid == sid }) {
            taken.append(remove(at: index))
        }
        return taken
    }

    /// Takes out those that have waited long enough.
    mutating func expired(at now: Instant) -> [SentInput] {
        var taken: [SentInput] = []
        while let first = waiting.first, first.until <= now { taken.append(remove(at: 0)) }
        return taken
    }

    private mutating func remove(at index: Int) -> SentInput {
        let content = waiting.remove(at: index).content
        budget.close(content.sender.sid, bytes: content.byteCount)
        return content
    }
}
