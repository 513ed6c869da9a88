/// Which TSNs have arrived: the cumulative one and the runs beyond it (RFC 9260 §6.2).
struct ReceivedTSNs {
    /// A closed run of TSNs.
    struct Run {
        var start: Int64
        var end: Int64
    }

    enum Outcome {
        case new
        case duplicate
        /// It would need more room than a well-behaved peer makes necessary.
        case refused
    }

    /// Distance from the cumulative TSN at which a TSN is refused; bounds the memory of reassembly.
    static let maximumDistance: Int64 = 16_384
    private static let maximumRuns = 1024
    private static let maximumDuplicates = 20

    /// Every TSN up to and including this one has arrived or was given up by the sender.
    private(set) var cumulative: Int64
    private(set) var runs: [Run] = []
    private(set) var duplicates: [TSN] = []

    init(initialTSN: Int64) {
        cumulative = initialTSN - 1
    }

    func outcome(of tsn: Int64) -> Outcome {
        if tsn <= cumulative { return .duplicate }
        if tsn - cumulative > Self.maximumDistance { return .refused }
        let index = indexOfFirstRun(endingAtOrAfter: tsn)
        if index < runs.count, runs[index].start <= tsn { return .duplicate }
        let joins =
            (index < runs.count && runs[index].start == tsn + 1) || (index > 0 && runs[index - 1].end == tsn - 1)
        return joins || tsn == cumulative + 1 || runs.count < Self.maximumRuns ? .new : .refused
    }

    mutating func noteDuplicate(_ tsn: Int64) {
        if duplicates.count < Self.maximumDuplicates { duplicates.append(TSN(tsn)) }
    }

    /// Notes a TSN whose outcome is `.new`.
    mutating func insert(_ tsn: Int64) {
        if tsn == cumulative + 1 {
            cumulative = tsn
            absorbFirstRun()
            return
        }
        let index = indexOfFirstRun(endingAtOrAfter: tsn)
        let joinsNext = index < runs.count && runs[index].start == tsn + 1
        if index > 0, runs[index - 1].end == tsn - 1 {
            runs[index - 1].end = joinsNext ? runs[index].end : tsn
            if joinsNext { runs.remove(at: index) }
        } else if joinsNext {
            runs[index].start = tsn
        } else {
            runs.insert(Run(start: tsn, end: tsn), at: index)
        }
    }

    /// Takes everything up to and including `tsn` as arrived (RFC 3758 §3.6).
    mutating func advance(to tsn: Int64) {
        guard tsn > cumulative else { return }
        cumulative = tsn
        while let first = runs.first, first.start <= cumulative + 1 {
            cumulative = max(cumulative, first.end)
            runs.removeFirst()
        }
    }

    /// The acknowledgement of what has arrived, with at most `maximumGaps` gap blocks; forgets the duplicates.
    mutating func makeAcknowledgement(window: Int, maximumGaps: Int) -> SelectiveAckChunk {
        let gaps = runs.prefix(maximumGaps).map { run in
            SelectiveAckChunk.GapBlock(
                start: UInt16(truncatingIfNeeded: run.start - cumulative),
                end: UInt16(truncatingIfNeeded: run.end - cumulative))
        }
        defer { duplicates.removeAll(keepingCapacity: true) }
        return SelectiveAckChunk(
            cumulativeTSN: TSN(cumulative), advertisedWindow: UInt32(clamping: window), gaps: gaps,
            duplicates: duplicates)
    }

    private mutating func absorbFirstRun() {
        guard let first = runs.first, first.start == cumulative + 1 else { return }
        cumulative = first.end
        runs.removeFirst()
    }

    private func indexOfFirstRun(endingAtOrAfter tsn: Int64) -> Int {
        // New data mostly lands at the end.
        if let last = runs.last, last.end < tsn { return runs.count }
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end < tsn { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
