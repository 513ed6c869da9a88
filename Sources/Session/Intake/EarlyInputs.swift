import SansIO

/// What came from participants whom the server has not announced yet.
///
/// Those who publish nothing are announced up to 3 s late, their data come at once. So a first file or an opt-out may be
/// there before its sender is known.
struct EarlyInputs: Sendable {
    /// How long a sender may stay unknown.
    static let patience = Duration.seconds(5)
    static let mostSenders = 16
    static let mostInputs = 16
    static let mostBytes = 4 << 20

    private struct Sender: Sendable {
        var since: Instant
        var inputs: [HeldInput] = []
    }

    private var senders: [Identity: Sender] = [:]
    private var byteCount = 0

    /// When `expire(at:)` has something to do.
    var deadline: Instant? { senders.values.map { $0.since + Self.patience }.min() }

    /// - Returns: false where there is no room for it.
    mutating func hold(_ input: HeldInput, from identity: Identity, at now: Instant) -> Bool {
        guard senders[identity] != nil || senders.count < Self.mostSenders else { return false }
        var sender = senders[identity] ?? Sender(since: now)
        guard sender.inputs.count < Self.mostInputs, byteCount + input.byteCount <= Self.mostBytes else { return false }
        sender.inputs.append(input)
        byteCount += input.byteCount
        senders[identity] = sender
        return true
    }

    /// What was held of someone who is known now, in its order.
    mutating func take(from identity: Identity) -> [HeldInput] {
        guard let sender = senders.removeValue(forKey: identity) else { return [] }
        byteCount -= sender.inputs.reduce(0) { $0 + $1.byteCount }
        return sender.inputs
    }

    /// What nobody came for, by sender.
    mutating func expire(at now: Instant) -> [(identity: Identity, inputs: [HeldInput])] {
        guard let deadline, deadline <= now else { return [] }
        return senders.filter { $0.value.since + Self.patience <= now }.keys.sorted().map { ($0, take(from: $0)) }
    }
}
