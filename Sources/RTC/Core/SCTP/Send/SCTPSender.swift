import NIOCore
import SansIO

/// The sending half of an association: TSNs, retransmission, congestion and flow control, partial reliability.
///
/// Loss is told by packets: each has a number, and a chunk is lost when packets sent after its own have been
/// acknowledged, enough of them or long enough after (as in RFC 8985 and RFC 9002). This stands in for the miss counts
/// of RFC 9260 §7.2.4: it costs O(1) a chunk, also sees a lost retransmission, and needs no timeout for the tail.
struct SCTPSender {
    /// A chunk's transmission, in the order of transmissions.
    struct Transmission {
        var tsn: Int64
        var packetNumber: Int64
        var sentAt: Instant
    }

    let maximumPayload: Int
    var queue = SendQueue()
    var chunks: TSNRing<OutstandingChunk>
    var congestion: CongestionController
    var rto: RetransmissionTimeout
    /// The peer's cumulative acknowledgement.
    var cumulativeAck: Int64
    /// The last TSN that the peer may take as arrived, given-up ones included (RFC 3758 §3.5).
    var advancedAck: Int64
    /// The gap blocks of the last acknowledgement, as TSNs.
    var gaps: [ReceivedTSNs.Run] = []
    /// Room in the peer's buffer beyond what is in flight, in bytes.
    var peerWindow = 0
    /// Payload bytes in flight.
    var inFlight = 0
    var transmissions: CircularBuffer<Transmission> = []
    /// Chunks taken for lost, in about the order of their TSNs. Entries may be out of date.
    var lostTSNs: CircularBuffer<Int64> = []
    /// The number of the packet being built, or to be built next.
    var packetNumber: Int64 = 0
    var newestAcknowledged: Int64 = -1
    /// How much reordering the path has shown to have; 1 at first.
    var reorderingTolerance = 1
    var retransmissionsSinceDuplicate = 0
    var supportsAbandoning = false
    var isForwardDue = false
    /// One packet may go out beyond the congestion window: the first retransmission of an episode, or a probe.
    var hasCredit = false
    var hasProbed = false
    var lastSent: Instant = .zero

    /// T3-rtx.
    var timer: Instant?
    var lossDeadline: Instant?
    var probeDeadline: Instant?
    /// Timeouts in a row without an acknowledgement.
    var failures = 0
    var statistics = SCTPStatistics()
    /// Messages with a receipt that the peer has, not told yet.
    var delivered: CircularBuffer<DeliveredMessage> = []
    /// When what is acknowledged of the message whose end is not was last sent.
    private var partSentAt = Instant.zero

    init(initialTSN: TSN, options: SCTPOptions) {
        let initial = initialTSN.extended(near: 1 << 32)
        chunks = TSNRing(first: initial)
        cumulativeAck = initial - 1
        advancedAck = initial - 1
        congestion = CongestionController(options)
        rto = RetransmissionTimeout(options)
        maximumPayload = (options.maximumPacketBytes & ~3) - CommonHeader.length - DataChunk.headerLength
    }

    /// The TSN that the next new chunk gets.
    var nextTSN: Int64 { chunks.end }

    var hasWork: Bool { !queue.isEmpty || !chunks.isEmpty }

    /// Starts with what the peer announced.
    mutating func start(peerWindow: UInt32, supportsAbandoning: Bool) {
        self.peerWindow = Int(peerWindow)
        self.supportsAbandoning = supportsAbandoning
    }

    /// The next DATA chunk for the packet being built; `nil` if none is to go, or none fits.
    ///
    /// - Parameters:
    ///   - space: bytes left in the packet, the chunk's header included.
    ///   - isFirst: whether the packet holds no DATA chunk yet.
    mutating func nextChunk(space: Int, isFirst: Bool, at now: Instant) -> DataChunk? {
        guard space > DataChunk.headerLength else { return nil }
        if let tsn = nextLost(at: now) { return retransmit(tsn, space: space, isFirst: isFirst, at: now) }
        return sendNew(space: space, isFirst: isFirst, at: now)
    }

    /// The FORWARD TSN that is due, if it is (RFC 3758 §3.5, C4).
    mutating func takeForwardTSN() -> ForwardTSNChunk? {
        guard isForwardDue else { return nil }
        isForwardDue = false
        guard advancedAck > cumulativeAck else { return nil }
        var skipped: [ForwardTSNChunk.Skipped] = []
        var tsn = cumulativeAck + 1
        while tsn <= advancedAck, let chunk = chunks[tsn] {
            if !chunk.flags.contains(.unordered) {
                if let index = skipped.lastIndex(where: { $0.stream == chunk.stream }) {
                    skipped[index].streamSequence = chunk.streamSequence
                } else if skipped.count * 4 + 4 <= maximumPayload {
                    skipped.append(.init(stream: chunk.stream, streamSequence: chunk.streamSequence))
                } else {
                    break
                }
            }
            tsn += 1
        }
        return ForwardTSNChunk(newCumulativeTSN: TSN(tsn - 1), skipped: skipped)
    }

    /// The next chunk that was taken for lost; those whose patience is over are given up on the way.
    private mutating func nextLost(at now: Instant) -> Int64? {
        while let tsn = lostTSNs.first {
            if let chunk = chunks[tsn], chunk.state == .lost {
                if !supportsAbandoning || !chunk.isSpent(at: now) { return tsn }
                abandon(messageOf: tsn)
                advancePastAbandoned()
            }
            lostTSNs.removeFirst()
        }
        return nil
    }

    private mutating func retransmit(_ tsn: Int64, space: Int, isFirst: Bool, at now: Instant) -> DataChunk? {
        guard let length = chunks[tsn]?.payload.readableBytes, length + DataChunk.headerLength <= space else {
            return nil
        }
        let mayGo = inFlight == 0 || hasCredit || (inFlight < congestion.window && peerWindow > 0)
        guard mayGo || !isFirst else { return nil }
        lostTSNs.removeFirst()
        statistics.retransmittedChunks += 1
        retransmissionsSinceDuplicate += 1
        if tsn == cumulativeAck + 1 { timer = now + rto.current }
        return transmit(tsn, immediate: true, at: now)
    }

    private mutating func sendNew(space: Int, isFirst: Bool, at now: Instant) -> DataChunk? {
        if supportsAbandoning, queue.isCurrentExpired(at: now) { abandonCurrent() }
        guard let remaining = queue.nextLength(at: now) else { return nil }
        let room = min((space & ~3) - DataChunk.headerLength, maximumPayload)
        // A message is not cut small only to fill up a packet.
        guard remaining <= room || isFirst || room >= maximumPayload / 2 else { return nil }
        let length = min(room, remaining)
        let isProbeOfWindow = inFlight == 0 && lostTSNs.isEmpty
        guard hasCredit || isProbeOfWindow || inFlight < congestion.window,
            isProbeOfWindow || length <= peerWindow
        else { return nil }
        if inFlight == 0 { congestion.idled(for: now - lastSent, timeout: rto.current) }
        guard let fragment = queue.next(space: length, at: now) else { return nil }
        let tsn = nextTSN
        chunks.append(OutstandingChunk(fragment))
        // The last one that may go for now asks for an answer at once, which no timer of the peer then delays.
        let isTail = queue.isEmpty || inFlight + length >= congestion.window
        return transmit(tsn, immediate: isTail, at: now)
    }

    private mutating func transmit(_ tsn: Int64, immediate: Bool, at now: Instant) -> DataChunk? {
        let number = packetNumber
        let chunk = chunks.update(tsn) { chunk in
            chunk.state = .inFlight
            chunk.transmissions += 1
            chunk.packetNumber = number
            chunk.sentAt = now
            return DataChunk(
                flags: immediate ? chunk.flags.union(.immediate) : chunk.flags, tsn: TSN(tsn), stream: chunk.stream,
                streamSequence: chunk.streamSequence, ppid: chunk.ppid, payload: chunk.payload)
        }
        guard let chunk else { return nil }
        let bytes = chunk.payload.readableBytes
        inFlight += bytes
        peerWindow = max(0, peerWindow - bytes)
        transmissions.append(Transmission(tsn: tsn, packetNumber: number, sentAt: now))
        lastSent = now
        statistics.sentChunks += 1
        if timer == nil { timer = now + rto.current }
        armProbe()
        return chunk
    }

    /// Ends a packet that carries data.
    mutating func endPacket() {
        packetNumber += 1
        hasCredit = false
    }

    /// The peer has this chunk and all before it, so with its last one it has a message whole.
    mutating func noteDelivery(of chunk: OutstandingChunk) {
        if chunk.flags.contains(.beginning) { partSentAt = .zero }
        partSentAt = max(partSentAt, chunk.sentAt)
        guard let receipt = chunk.receipt, chunk.state != .abandoned else { return }
        delivered.append(DeliveredMessage(receipt: receipt, sentAt: partSentAt))
    }

    mutating func armProbe() {
        guard inFlight > 0, !hasProbed, lossDeadline == nil,
            let patience = rto.probeTimeout(isLonePacket: inFlight <= maximumPayload)
        else {
            probeDeadline = nil
            return
        }
        probeDeadline = lastSent + patience
    }
}
