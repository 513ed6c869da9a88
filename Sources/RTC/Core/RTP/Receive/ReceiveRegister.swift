import SansIO

/// What is kept of one source of the other side's: its packets' places, what it is reported with, what it lacks.
struct ReceiveRegister: Sendable {
    private(set) var indexer: SequenceIndexer
    var statistics: ReceiveStatistics
    /// `nil` where the codec has no retransmission to ask for.
    var missing: NACKTracker?
    private(set) var lastPacket: Instant

    /// - Parameter index: the highest one that a source had which was forgotten.
    init(ssrc: UInt32, clockRate: UInt32, asksAgain: Bool, beyond index: Int64? = nil, at now: Instant) {
        indexer = SequenceIndexer(beyond: index)
        statistics = ReceiveStatistics(ssrc: ssrc, clockRate: clockRate)
        missing = asksAgain ? NACKTracker() : nil
        lastPacket = now
    }

    /// Takes note of a packet of the source itself.
    @inline(__always)
    mutating func receive(_ header: RTPHeader, at now: Instant) -> SequenceIndexer.Place {
        let place = place(header.sequenceNumber)
        statistics.receive(place, timestamp: header.timestamp, at: now)
        // What follows the packet before it leaves the list as it is.
        if case .newest(_, missing: 0) = place {} else { missing?.receive(place, at: now) }
        lastPacket = now
        return place
    }

    /// Takes note of a packet that came as a retransmission under another source (RFC 4588): it was not lost for good,
    /// but the path did lose it.
    /// - Returns: its index; `nil` before the source's own first packet, and for a number that the source has not reached:
    ///   nothing is sent again before it was sent, and what lies behind it would be skipped.
    mutating func receive(retransmitted number: UInt16) -> Int64? {
        guard let index = indexer.nearest(number), let highest = indexer.highest, index <= highest else { return nil }
        missing?.withdraw(index)
        return index
    }

    /// What was asked for is no jump, however late it comes.
    @inline(__always)
    private mutating func place(_ number: UInt16) -> SequenceIndexer.Place {
        if missing?.isEmpty == false, let index = indexer.nearest(number), missing?.contains(index) == true {
            return .older(index)
        }
        return indexer.place(number)
    }
}
