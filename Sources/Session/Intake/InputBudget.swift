import SansIO

/// How much of what a participant sends is read: messages and bytes, each a bucket that fills as time passes.
///
/// Reading costs time of the loop that other rooms share. An editor that sends a packet a key stroke stays far below; a
/// flood is answered once and passed over.
struct InputBudget: Sendable {
    static let messageRate = Bucket.Size(capacity: 120, perSecond: 40)
    static let byteRate = Bucket.Size(capacity: 3_145_728, perSecond: 262_144)

    struct Bucket: Sendable {
        struct Size: Sendable {
            var capacity: Double
            var perSecond: Double
        }

        private var level: Double?
        private var updatedAt = Instant.zero

        /// Takes `amount` if it is there; a full bucket gives what it has for one that is larger than itself.
        mutating func take(_ amount: Double, of size: Size, at now: Instant) -> Bool {
            let gained = max(0, (now - updatedAt).inSeconds) * size.perSecond
            let current = min(size.capacity, (level ?? size.capacity) + gained)
            updatedAt = now
            let isEnough = current >= min(amount, size.capacity)
            level = isEnough ? max(0, current - amount) : current
            return isEnough
        }

        func isHalfFull(of size: Size) -> Bool { (level ?? size.capacity) >= size.capacity / 2 }

        func isFull(of size: Size, at now: Instant) -> Bool {
            guard let level else { return true }
            return level + max(0, (now - updatedAt).inSeconds) * size.perSecond >= size.capacity
        }
    }

    private var messages = Bucket()
    private var bytes = Bucket()
    /// Whether what is passed over now has been told.
    var isToldOfExcess = false

    /// Whether it is as good as a new one.
    func isFull(at now: Instant) -> Bool {
        messages.isFull(of: Self.messageRate, at: now) && bytes.isFull(of: Self.byteRate, at: now)
    }

    mutating func take(_ byteCount: Int, at now: Instant) -> Bool {
        let isWithin =
            messages.take(1, of: Self.messageRate, at: now) && bytes.take(Double(byteCount), of: Self.byteRate, at: now)
        // Of a flood that goes on some is always within: it is told again only after the sender has let up.
        if isWithin, messages.isHalfFull(of: Self.messageRate), bytes.isHalfFull(of: Self.byteRate) {
            isToldOfExcess = false
        }
        return isWithin
    }
}
