import SansIO

/// One direction of a simulated path, in virtual time: what goes in comes out later, or not at all, or twice.
///
/// The same seed and the same calls give the same result.
public struct SimulatedLink<Packet> {
    /// May be changed while packets are under way; it applies to packets sent from then on.
    public var conditions: LinkConditions
    /// When true, every packet sent is lost.
    public var isDown = false
    /// Packets handed in, and packets lost, since the start.
    public private(set) var sent = 0
    public private(set) var lost = 0

    private var random: SplitMix64
    private var inBurst = false
    private var busyUntil = Instant.zero
    private var lastArrival = Instant.zero
    private var pending: [(due: Instant, order: Int, packet: Packet)] = []
    private var order = 0

    public init(_ conditions: LinkConditions, seed: UInt64) {
        self.conditions = conditions
        random = SplitMix64(seed: seed)
    }

    /// Puts a packet of `bytes` bytes on the path.
    public mutating func send(_ packet: Packet, bytes: Int, at now: Instant) {
        sent += 1
        guard !isDropped(bytes: bytes, at: now) else {
            lost += 1
            return
        }
        let departure = serialise(bytes: bytes, at: now)
        enqueue(packet, departure: departure)
        if chance(conditions.duplication) { enqueue(packet, departure: departure) }
    }

    /// The next packet that has arrived by `now`, in order of arrival.
    public mutating func receive(at now: Instant) -> Packet? {
        guard let first = nextIndex, pending[first].due <= now else { return nil }
        return pending.remove(at: first).packet
    }

    /// When the next packet arrives; `nil` if none is under way.
    public var deadline: Instant? { nextIndex.map { pending[$0].due } }

    private var nextIndex: Int? {
        pending.indices.min { (pending[$0].due, pending[$0].order) < (pending[$1].due, pending[$1].order) }
    }

    private mutating func isDropped(bytes: Int, at now: Instant) -> Bool {
        var dropped = isDown || bytes > conditions.maximumPacketBytes || chance(conditions.loss)
        if let burst = conditions.burst {
            inBurst = inBurst ? !chance(burst.leave) : chance(burst.enter)
            if inBurst && chance(burst.loss) { dropped = true }
        }
        if let rate = conditions.rate, busyUntil > now {
            let queued = (busyUntil - now).inSeconds * rate / 8
            if queued + Double(bytes) > Double(conditions.queueBytes) { dropped = true }
        }
        return dropped
    }

    private mutating func serialise(bytes: Int, at now: Instant) -> Instant {
        guard let rate = conditions.rate, rate > 0 else { return now }
        busyUntil = max(busyUntil, now) + .seconds(Double(bytes) * 8 / rate)
        return busyUntil
    }

    private mutating func enqueue(_ packet: Packet, departure: Instant) {
        var due = departure + conditions.delay
        if conditions.jitter > .zero {
            due = due + .nanoseconds(Int64.random(in: 0...conditions.jitter.wholeNanoseconds, using: &random))
        }
        if chance(conditions.reorder) {
            due = due + conditions.reorderDelay
        } else {
            due = max(due, lastArrival)
            lastArrival = due
        }
        order += 1
        pending.append((due, order, packet))
    }

    private mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }
}
