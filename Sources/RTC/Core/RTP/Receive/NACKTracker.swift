import SansIO

/// Decides which lost packets of one source to ask for again, and when (RFC 4585 §6.2.1).
///
/// Feed it every packet's place, and `withdraw` what came as a retransmission; ask `takeRequests` at `deadline` and
/// `takeGivenUp` after every call. What is kept is bounded: a stream that loses more than that is better served by a key
/// frame, which is what `takeGivenUp` is for.
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

    private struct Missing {
        var number: Int64
        var attempts: Int
        var nextRequest: Instant
    }

    private let configuration: Configuration
    /// In ascending order.
    private var missing: [Missing] = []
    private var roundTrip: Duration
    private var givenUp = 0
    /// The highest packet that was ever given up.
    public private(set) var highestGivenUp: Int64?
    /// When to call `takeRequests` next; `nil` while nothing is missing.
    public private(set) var deadline: Instant?

    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        roundTrip = configuration.initialRoundTrip
    }

    /// Whether no packet is on the list.
    var isEmpty: Bool { missing.isEmpty }

    /// The number of packets on the list.
    public var pendingCount: Int { missing.count }

    /// Takes a measured round-trip time; requests for one packet are at least that far apart.
    public mutating func update(roundTrip: Duration) {
        self.roundTrip = max(.zero, min(roundTrip, .seconds(2)))
    }

    /// Takes note of a packet of the source itself.
    public mutating func receive(_ place: SequenceIndexer.Place, at now: Instant) {
        switch place {
        case .newest(_, missing: 0): break
        case .newest(let index, let gap): note(gap, before: index, at: now)
        case .older(let index): if !missing.isEmpty { withdraw(index) }
        case .suspected: break
        // What was missing will not come.
        case .restarted: giveUp { _ in true }
        }
    }

    /// Whether a packet is on the list.
    public func contains(_ index: Int64) -> Bool { position(of: index) != nil }

    /// Takes a packet from the list, if it is there: it came.
    public mutating func withdraw(_ index: Int64) {
        guard let position = position(of: index) else { return }
        missing.remove(at: position)
        arm()
    }

    /// The packets to ask for now, in ascending order; each then waits for at least a round trip.
    public mutating func takeRequests(at now: Instant) -> [UInt16] {
        giveUp { [configuration] in $0.nextRequest <= now && $0.attempts >= configuration.maximumAttempts }
        var requests: [UInt16] = []
        let interval = max(roundTrip, configuration.minimumInterval)
        for position in missing.indices where missing[position].nextRequest <= now {
            missing[position].attempts += 1
            missing[position].nextRequest = now + interval
            requests.append(UInt16(truncatingIfNeeded: missing[position].number))
        }
        arm()
        return requests
    }

    /// Packets given up since the last call: asked for in vain, too old, or too many to ask for. Where it is not 0, a
    /// key frame is needed to go on.
    public mutating func takeGivenUp() -> Int {
        defer { givenUp = 0 }
        return givenUp
    }

    private mutating func note(_ gap: Int, before index: Int64, at now: Instant) {
        giveUp { [configuration] in $0.number < index &- configuration.maximumAge }
        guard gap <= configuration.maximumPending - missing.count else {
            givenUp += gap
            noteGivenUp(index &- 1)
            return giveUp { _ in true }
        }
        for lost in index &- Int64(gap)..<index {
            missing.append(Missing(number: lost, attempts: 0, nextRequest: now + configuration.reorderingDelay))
        }
        arm()
    }

    private mutating func giveUp(where isHopeless: (Missing) -> Bool) {
        guard !missing.isEmpty else { return }
        guard let last = missing.last(where: isHopeless) else { return }
        let before = missing.count
        missing.removeAll(where: isHopeless)
        givenUp += before - missing.count
        noteGivenUp(last.number)
        arm()
    }

    private mutating func noteGivenUp(_ index: Int64) { highestGivenUp = max(highestGivenUp ?? index, index) }

    private mutating func arm() { deadline = missing.lazy.map(\.nextRequest).min() }

    private func position(of index: Int64) -> Int? {
        var (low, high) = (0, missing.count)
        while low < high {
            let middle = (low + high) / 2
            if missing[middle].number < index { low = middle + 1 } else { high = middle }
        }
        return low < missing.count && missing[low].number == index ? low : nil
    }
}
