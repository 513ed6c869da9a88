import SansIO

/// What is to be sent, a queue a participant, until the server has it. Sans-IO: one a room.
///
/// Messages to one participant leave in their order. After one could not be sent, the first of its queue is tried again
/// by itself; the others follow once it has left. What waits is bounded: a participant who cannot be
/// reached costs no more than `mostMessages` and `mostBytes`.
struct Outbox: Sendable {
    static let mostMessages = 128
    static let mostBytes = 1 << 20
    /// After the first failure, doubling up to the longest: a path that is back is to be found within 3 s.
    static let firstRetry = Duration.seconds(1)
    static let longestRetry = Duration.seconds(2)

    fileprivate struct Queue: Sendable {
        /// In their order.
        var waiting: [Outgoing] = []
        var byteCount = 0
        /// Nil while nothing failed: then everything may leave.
        var retry: (at: Instant, after: Duration)?
        var underWay = 0
    }

    private var queues: [Identity: Queue] = [:]
    /// Handed out, neither confirmed nor refused yet: it may wait for its journal entry, or for a path.
    private(set) var underWay: [String: Outgoing] = [:]
    private var count: UInt64 = 0

    /// Whether anybody waits for anything.
    var isEmpty: Bool { queues.isEmpty }

    /// - Returns: what had to make room, oldest first: chat and notices before hints, and never the first notice to
    ///   anybody, without which nothing is used.
    mutating func enqueue(_ message: Outgoing) -> [Outgoing] {
        var message = message
        message.order = count
        count &+= 1
        var queue = queues[message.to] ?? Queue()
        if let key = message.supersedes { _ = queue.removeAll { $0.supersedes == key } }
        queue.waiting.append(message)
        queue.byteCount += message.byteCount
        var dropped: [Outgoing] = []
        while queue.waiting.count > Self.mostMessages || queue.byteCount > Self.mostBytes {
            let index =
                queue.waiting.firstIndex { $0.isNotice && !$0.isFirstNotice }
                ?? queue.waiting.firstIndex { !$0.isFirstNotice } ?? 0
            let victim = queue.waiting.remove(at: index)
            queue.byteCount -= victim.byteCount
            dropped.append(victim)
        }
        queues[message.to] = queue
        return dropped
    }

    /// Takes out what can leave now, in the order in which it came, and what is no longer worth it.
    /// - Parameter isOpen: whether the participant can be sent anything now.
    mutating func leaving(at now: Instant, isOpen: (Identity) -> Bool) -> (leaving: [Outgoing], expired: [Outgoing]) {
        var leaving: [Outgoing] = []
        var expired: [Outgoing] = []
        for identity in queues.keys {
            guard var queue = queues[identity] else { continue }
            expired += queue.removeAll { message in message.expiresAt.map { $0 <= now } ?? false }
            if isOpen(identity) {
                let taken = queue.takeLeaving(at: now)
                queue.underWay += taken.count
                leaving += taken
            }
            queues[identity] = queue.isIdle ? nil : queue
        }
        leaving.sort { $0.order < $1.order }
        expired.sort { $0.order < $1.order }
        for message in leaving { underWay[message.id] = message }
        return (leaving, expired)
    }

    /// The server has the message.
    /// - Returns: nil where it is not known to be under way.
    mutating func confirmed(_ id: String) -> Outgoing? {
        guard let message = underWay.removeValue(forKey: id) else { return nil }
        settle(message) { $0.retry = nil }
        return message
    }

    /// It was surely not: it takes its place in the order again, and is tried later.
    mutating func refused(_ id: String, at now: Instant) {
        guard let message = underWay.removeValue(forKey: id) else { return }
        settle(message) { queue in
            let index = queue.waiting.firstIndex { $0.order > message.order } ?? queue.waiting.count
            queue.waiting.insert(message, at: index)
            queue.byteCount += message.byteCount
            // Those that were under way together fail together: that is one failure.
            if queue.underWay == 0 {
                let after = queue.retry.map { min($0.after * 2, Self.longestRetry) } ?? Self.firstRetry
                queue.retry = (now + after, after)
            } else if queue.retry == nil {
                queue.retry = (now + Self.firstRetry, Self.firstRetry / 2)
            }
        }
    }

    /// It can never be sent.
    mutating func impossible(_ id: String) -> Outgoing? {
        guard let message = underWay.removeValue(forKey: id) else { return nil }
        settle(message) { _ in }
        return message
    }

    /// The connection is new: what failed over the old one says nothing about it.
    mutating func connectionRestored() {
        for identity in queues.keys { queues[identity]?.retry = nil }
    }

    /// Takes back what has not left yet of what is meant.
    mutating func withdraw(_ isMeant: (Outgoing) -> Bool) -> [Outgoing] {
        var taken: [Outgoing] = []
        for identity in queues.keys {
            guard var queue = queues[identity] else { continue }
            taken += queue.removeAll(isMeant)
            queues[identity] = queue.isIdle ? nil : queue
        }
        return taken.sorted { $0.order < $1.order }
    }

    /// Whether the message waits to be taken out.
    func waits(_ id: String) -> Bool { queues.values.contains { $0.waiting.contains { $0.id == id } } }

    /// Whether the hint, in any form, has yet to leave for the participant.
    func holds(_ hint: String, for identity: Identity) -> Bool {
        queues[identity]?.waiting.contains { $0.hintID == hint } ?? false
            || underWay.values.contains { $0.hintID == hint && $0.to == identity }
    }

    /// When `leaving(at:isOpen:)` has something to do that no other event brings about.
    func deadline(isOpen: (Identity) -> Bool) -> Instant? {
        var next: Instant?
        for (identity, queue) in queues {
            for message in queue.waiting { next = earliest(next, message.expiresAt) }
            if let retry = queue.retry, queue.underWay == 0, !queue.waiting.isEmpty, isOpen(identity) {
                next = earliest(next, retry.at)
            }
        }
        return next
    }

    private mutating func settle(_ message: Outgoing, _ change: (inout Queue) -> Void) {
        var queue = queues[message.to] ?? Queue()
        queue.underWay = max(0, queue.underWay - 1)
        change(&queue)
        queues[message.to] = queue.isIdle ? nil : queue
    }
}

extension Outbox.Queue {
    /// Nothing waits, nothing is under way: what is known of failures is not worth keeping.
    fileprivate var isIdle: Bool { waiting.isEmpty && underWay == 0 }

    fileprivate mutating func removeAll(_ isMeant: (Outgoing) -> Bool) -> [Outgoing] {
        let taken = waiting.filter(isMeant)
        guard !taken.isEmpty else { return [] }
        waiting.removeAll(where: isMeant)
        byteCount -= taken.reduce(0) { $0 + $1.byteCount }
        return taken
    }

    /// Everything, as long as not too much is under way already; after a failure the first one alone.
    fileprivate mutating func takeLeaving(at now: Instant) -> [Outgoing] {
        guard let first = waiting.first else { return [] }
        guard let retry else {
            let taken = Array(waiting.prefix(max(0, Outbox.mostMessages - underWay)))
            waiting.removeFirst(taken.count)
            byteCount -= taken.reduce(0) { $0 + $1.byteCount }
            return taken
        }
        guard underWay == 0, retry.at <= now else { return [] }
        waiting.removeFirst()
        byteCount -= first.byteCount
        return [first]
    }
}
