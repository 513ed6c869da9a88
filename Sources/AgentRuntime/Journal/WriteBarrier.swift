import SansIO

/// Holds back what may leave only after something was written, and for no longer than a bound: the effect waits, its
/// event loop does not.
struct WriteBarrier<Held> {
    /// How long a hint waits for its journal entry.
    private let patience: Duration
    private let most: Int
    private var pending: [Int: Instant] = [:]
    private var held: [Held] = []
    private var count = 0
    /// How often something left before it was written.
    private(set) var lapses = 0

    init(patience: Duration = .milliseconds(50), most: Int = 256) {
        self.patience = patience
        self.most = most
    }

    var isRaised: Bool { !pending.isEmpty }
    var deadline: Instant? { pending.values.min() }

    /// Something is being written.
    mutating func raise(at now: Instant) -> Int {
        count += 1
        pending[count] = now + patience
        return count
    }

    /// Holds something back; returns what must leave at once, because there is too much of it.
    mutating func hold(_ item: Held) -> [Held] {
        held.append(item)
        guard held.count > most else { return [] }
        return lapse()
    }

    /// It was written, or cannot be: what may leave now, in order.
    mutating func lower(_ token: Int) -> [Held] {
        guard pending.removeValue(forKey: token) != nil, pending.isEmpty else { return [] }
        return release()
    }

    mutating func timeout(at now: Instant) -> [Held] {
        guard let deadline, deadline <= now else { return [] }
        return lapse()
    }

    private mutating func lapse() -> [Held] {
        lapses += 1
        pending.removeAll()
        return release()
    }

    private mutating func release() -> [Held] {
        defer { held.removeAll() }
        return held
    }
}
