import SansIO

/// Decides which lost packets of one source to ask for again, and when (RFC 4585 §6.2.1).
///
/// Feed it every packet, retransmitted ones too; ask `dueRequests` at `deadline`. What is kept is bounded: a stream that
/// loses more than that is better served by a key frame, and the tracker says so.
public struct NACKTracker: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// How long to wait for a reordered packet before the first request.
        public var reorderingDelay: Duration = .milliseconds(10)
        /// Requests for one packet before it is given up.
        public var maximumAttempts = 10
        /// Packets asked for at a time; a loss that would exceed it clears the list.
        public var maximumPending = 500
        /// How far behind the newest packet a missing one may be, in packets.
        public var maximumAge: Int64 = 5000
        /// Until one is measured.
        public var initialRoundTrip: Duration = .milliseconds(100)
        /// The least time between two requests for one packet, however short the round trip.
        public var minimumInterval: Duration = .milliseconds(20)

        public init() {}
    }

    /// What a packet meant.
    public enum Arrival: Hashable, Sendable {
        /// Newer than all before; `missing` packets before it are now on the list.
        case newest(missing: Int)
        /// One that was on the list; no more requests for it.
        case recovered
        /// Older, and not on the list: a duplicate or one given up.
        case notMissing
        /// Newer after a gap too large to repair; the list is cleared, a key frame is needed.
        case tooManyMissing
    }

    /// What is due now.
    public struct Due: Hashable, Sendable {
        /// To be asked for, in ascending order; empty if nothing is due.
        public var requests: [UInt16] = []
        /// Packets given up just now; where it is not 0, a key frame is needed to go on.
        public var abandoned = 0
    }

    private struct Missing {
        var number: Int64
        var attempts: Int
        var nextRequest: Instant
    }

    private let configuration: Configuration
    private var extender = SequenceNumberExtender()
    /// In ascending order.
    private var missing: [Missing] = []
    private var roundTrip: Duration

    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        roundTrip = configuration.initialRoundTrip
    }

    /// The number of packets on the list.
    public var pendingCount: Int { missing.count }

    /// When to call `dueRequests` next; `nil` while nothing is missing.
    public var deadline: Instant? { missing.lazy.map(\.nextRequest).min() }

    /// Takes a measured round-trip time; requests for one packet are at least that far apart.
    public mutating func update(roundTrip: Duration) {
        self.roundTrip = max(.zero, min(roundTrip, .seconds(2)))
    }

    @discardableResult
    public mutating func receive(_ sequenceNumber: UInt16, at now: Instant) -> Arrival {
        let previous = extender.highest
        let number = extender.extend(sequenceNumber)
        guard let previous else { return .newest(missing: 0) }
        if number <= previous { return withdraw(number) ? .recovered : .notMissing }
        let gap = number - previous - 1
        if gap == 0 { return .newest(missing: 0) }
        missing.removeAll { $0.number < number - configuration.maximumAge }
        guard gap <= Int64(configuration.maximumPending - missing.count) else {
            missing.removeAll(keepingCapacity: true)
            return .tooManyMissing
        }
        for lost in previous + 1..<number {
            missing.append(Missing(number: lost, attempts: 0, nextRequest: now + configuration.reorderingDelay))
        }
        return .newest(missing: Int(gap))
    }

    private mutating func withdraw(_ number: Int64) -> Bool {
        guard let index = missing.firstIndex(where: { $0.number == number }) else { return false }
        missing.remove(at: index)
        return true
    }

    /// The source began anew: what was missing will not come, and numbers count from the next packet.
    public mutating func restart() {
        extender = SequenceNumberExtender()
        missing.removeAll(keepingCapacity: true)
    }

    /// Takes note that a key frame begins at this packet: what is missing before it is no longer needed.
    public mutating func keyFrame(at sequenceNumber: UInt16) {
        var copy = extender
        let number = copy.extend(sequenceNumber)
        missing.removeAll { $0.number < number }
    }

    /// The packets to ask for now; each then waits for at least a round trip.
    public mutating func dueRequests(at now: Instant) -> Due {
        var due = Due()
        let interval = max(roundTrip, configuration.minimumInterval)
        missing.removeAll { entry in
            guard entry.nextRequest <= now, entry.attempts >= configuration.maximumAttempts else { return false }
            due.abandoned += 1
            return true
        }
        for index in missing.indices where missing[index].nextRequest <= now {
            missing[index].attempts += 1
            missing[index].nextRequest = now + interval
            due.requests.append(UInt16(truncatingIfNeeded: missing[index].number))
        }
        return due
    }
}
