import NIOCore
import SansIO

/// What acknowledgements, losses and timeouts do to the sending half.
extension SCTPSender {
    /// What an acknowledgement acknowledged for the first time.
    private struct Progress {
        var bytes = 0
        var newestPacket: Int64 = -1
        var roundTrip: Duration?
    }

    /// Takes an acknowledgement (RFC 9260 §6.2.1).
    ///
    /// - Returns: whether it made sense; an old one does.
    mutating func receive(_ ack: SelectiveAckChunk, at now: Instant) -> Bool {
        let cumulative = ack.cumulativeTSN.extended(near: cumulativeAck)
        guard cumulative < nextTSN else { return false }
        guard cumulative >= cumulativeAck else { return true }
        let wasInFlight = inFlight
        let advanced = cumulative > cumulativeAck
        var progress = Progress()
        acknowledge(through: cumulative, &progress, at: now)
        acknowledge(ack.gaps, &progress, at: now)
        peerWindow = max(0, Int(ack.advertisedWindow) - inFlight)
        failures = 0
        if let roundTrip = progress.roundTrip { rto.measure(roundTrip) }
        if progress.bytes > 0 {
            rto.resetBackoff()
            hasProbed = false
        }
        if progress.newestPacket >= 0 {
            newestAcknowledged = max(newestAcknowledged, progress.newestPacket)
            congestion.acknowledged(progress.bytes, newest: progress.newestPacket, wasInFlight: wasInFlight)
        }
        if !ack.duplicates.isEmpty, retransmissionsSinceDuplicate > 0 {
            // Something sent again had arrived already: the path reorders more than was thought.
            retransmissionsSinceDuplicate = 0
            reorderingTolerance = min(reorderingTolerance * 2, 8)
        }
        detectLosses(at: now)
        advancePastAbandoned()
        if advancedAck > cumulativeAck, advanced || progress.bytes > 0 { isForwardDue = true }
        armTimer(restart: advanced, at: now)
        return true
    }

    /// Takes the cumulative TSN of a SHUTDOWN.
    mutating func receive(cumulativeTSN: TSN, at now: Instant) -> Bool {
        let cumulative = cumulativeTSN.extended(near: cumulativeAck)
        guard cumulative < nextTSN else { return false }
        guard cumulative > cumulativeAck else { return true }
        var progress = Progress()
        acknowledge(through: cumulative, &progress, at: now)
        advancePastAbandoned()
        armTimer(restart: true, at: now)
        return true
    }

    mutating func timeout(at now: Instant) {
        if let lossDeadline, lossDeadline <= now {
            detectLosses(at: now)
            advancePastAbandoned()
        }
        if let probeDeadline, probeDeadline <= now { probe(at: now) }
        if let timer, timer <= now { retransmissionTimedOut(at: now) }
    }

    /// Something was heard after a silence of several timeouts: sends again at once rather than at the next timeout.
    mutating func resume(at now: Instant) {
        rto.resetBackoff()
        guard !chunks.isEmpty else { return }
        congestion.resumed()
        markEverythingLost(at: now)
        advancePastAbandoned()
        isForwardDue = advancedAck > cumulativeAck
        armTimer(restart: true, at: now)
    }

    private mutating func acknowledge(through cumulative: Int64, _ progress: inout Progress, at now: Instant) {
        while cumulativeAck < cumulative {
            cumulativeAck += 1
            guard let chunk = chunks.popFirst() else { continue }
            note(chunk, &progress, at: now)
            noteDelivery(of: chunk)
        }
        advancedAck = max(advancedAck, cumulativeAck)
    }

    /// Goes through what is new in the gap blocks, and through what is no longer there.
    private mutating func acknowledge(
        _ blocks: [SelectiveAckChunk.GapBlock], _ progress: inout Progress, at now: Instant
    ) {
        if blocks.isEmpty && gaps.isEmpty { return }
        var fresh: [ReceivedTSNs.Run] = []
        fresh.reserveCapacity(blocks.count)
        var previousEnd = cumulativeAck
        for block in blocks {
            let run = ReceivedTSNs.Run(
                start: cumulativeAck + Int64(block.start), end: cumulativeAck + Int64(block.end))
            // Blocks that overlap, go backwards or name what was never sent are left out.
            guard run.start > previousEnd, run.end >= run.start, run.end < nextTSN else { continue }
            previousEnd = run.end
            fresh.append(run)
        }
        Self.forEach(in: fresh, outside: gaps) { tsn in
            guard let chunk = chunks[tsn] else { return }
            note(chunk, &progress, at: now)
            guard chunk.state == .inFlight || chunk.state == .lost else { return }
            _ = chunks.update(tsn) { $0.state = .acknowledged }
        }
        Self.forEach(in: gaps, outside: fresh) { tsn in
            guard tsn > cumulativeAck else { return }
            unacknowledge(tsn)
        }
        gaps = fresh
    }

    /// Calls `body` with every TSN of `runs` that lies in none of `others`. Both are sorted.
    private static func forEach(
        in runs: [ReceivedTSNs.Run], outside others: [ReceivedTSNs.Run], _ body: (Int64) -> Void
    ) {
        var index = 0
        for run in runs {
            var tsn = run.start
            while tsn <= run.end {
                while index < others.count, others[index].end < tsn { index += 1 }
                if index < others.count, others[index].start <= tsn {
                    tsn = others[index].end + 1
                } else {
                    body(tsn)
                    tsn += 1
                }
            }
        }
    }

    private mutating func note(_ chunk: OutstandingChunk, _ progress: inout Progress, at now: Instant) {
        guard chunk.state == .inFlight || chunk.state == .lost else { return }
        let bytes = chunk.payload.readableBytes
        if chunk.state == .inFlight { inFlight -= bytes }
        progress.bytes += bytes
        let elapsed = now - chunk.sentAt
        // The answer to a retransmission that comes too soon is one to an earlier transmission.
        if chunk.transmissions > 1, let shortest = rto.shortest, elapsed < shortest { return }
        guard chunk.packetNumber > progress.newestPacket else { return }
        progress.newestPacket = chunk.packetNumber
        progress.roundTrip = chunk.transmissions == 1 ? elapsed : nil
    }

    /// The peer dropped what it had reported (RFC 9260 §6.2.1, D iii). Timeouts take care of it.
    private mutating func unacknowledge(_ tsn: Int64) {
        guard let chunk = chunks[tsn], chunk.state == .acknowledged else { return }
        inFlight += chunk.payload.readableBytes
        _ = chunks.update(tsn) { $0.state = .inFlight }
    }

    private mutating func detectLosses(at now: Instant) {
        lossDeadline = nil
        let packetThreshold = Int64(3 * reorderingTolerance)
        let delay = rto.lossDelay(tolerance: reorderingTolerance)
        while let transmission = transmissions.first {
            guard let chunk = chunks[transmission.tsn], chunk.state == .inFlight,
                chunk.packetNumber == transmission.packetNumber
            else {
                transmissions.removeFirst()
                continue
            }
            guard transmission.packetNumber < newestAcknowledged else { break }
            let isFarBehind = newestAcknowledged - transmission.packetNumber >= packetThreshold
            guard isFarBehind || transmission.sentAt + delay <= now else {
                lossDeadline = transmission.sentAt + delay
                break
            }
            transmissions.removeFirst()
            if congestion.lost(transmission.packetNumber, next: packetNumber) {
                statistics.fastRecoveries += 1
                hasCredit = true
            }
            markLost(transmission.tsn, at: now)
        }
        armProbe()
    }

    private mutating func markLost(_ tsn: Int64, at now: Instant) {
        guard let chunk = chunks[tsn], chunk.state == .inFlight else { return }
        inFlight -= chunk.payload.readableBytes
        peerWindow += chunk.payload.readableBytes
        _ = chunks.update(tsn) { $0.state = .lost }
        if supportsAbandoning, chunk.isSpent(at: now) {
            abandon(messageOf: tsn)
        } else {
            lostTSNs.append(tsn)
        }
    }

    private mutating func markEverythingLost(at now: Instant) {
        lostTSNs.removeAll(keepingCapacity: true)
        transmissions.removeAll(keepingCapacity: true)
        lossDeadline = nil
        probeDeadline = nil
        var tsn = chunks.first
        while tsn < chunks.end {
            switch chunks[tsn]?.state {
            case .inFlight: markLost(tsn, at: now)
            case .lost: lostTSNs.append(tsn)
            default: break
            }
            tsn += 1
        }
    }

    /// T3-rtx ran out (RFC 9260 §6.3.3).
    private mutating func retransmissionTimedOut(at now: Instant) {
        statistics.timeouts += 1
        failures += 1
        congestion.timedOut(again: rto.backoffs > 0, next: packetNumber)
        markEverythingLost(at: now)
        advancePastAbandoned()
        isForwardDue = advancedAck > cumulativeAck
        rto.backOff()
        reorderingTolerance = 1
        hasCredit = true
        timer = nil
        armTimer(restart: true, at: now)
    }

    /// Sends one more packet, so that its acknowledgement tells what became of the tail (RFC 8985 §7).
    private mutating func probe(at now: Instant) {
        probeDeadline = nil
        hasProbed = true
        hasCredit = true
        if let length = queue.nextLength(at: now), length <= peerWindow { return }
        var tsn = chunks.end - 1
        while tsn >= chunks.first {
            if let chunk = chunks[tsn], chunk.state == .inFlight {
                guard chunk.transmissions < chunk.maximumTransmissions, chunk.expiry > now else { return }
                inFlight -= chunk.payload.readableBytes
                peerWindow += chunk.payload.readableBytes
                _ = chunks.update(tsn) { $0.state = .lost }
                lostTSNs.prepend(tsn)
                return
            }
            tsn -= 1
        }
    }

    private mutating func armTimer(restart: Bool, at now: Instant) {
        if chunks.isEmpty {
            timer = nil
            probeDeadline = nil
            lossDeadline = nil
        } else if restart || timer == nil {
            timer = now + rto.current
        }
    }
}
