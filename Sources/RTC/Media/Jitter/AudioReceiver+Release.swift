import NIOCore
import SansIO

/// Packets in order, on their way out.
extension AudioReceiver {
    /// The most that the timeline may run ahead of the sender's timestamps before it is set anew: 10 s.
    private static let largestLag: Int64 = 480_000
    /// A timestamp that steps back by up to this much is an overlap, beyond it a restart: 1 s.
    private static let largestOverlap: Int64 = 48_000
    /// After a gap of this length the path's delay is measured anew: 1 s.
    private static let delayMemory: Int64 = 48_000

    /// Markers in the middle of sound after which a source's markers say nothing: some senders mark every packet.
    private static let credulity = 3

    /// Hands out a packet, and before it what fills the gap to the one before.
    /// - Parameter missing: how many sequence numbers between the last packet and this one have not come.
    mutating func release(_ packet: consuming PendingPacket, missing: Int64, at now: Instant) {
        guard var cursor else { return }
        cursor.sequence = packet.sequence
        guard packet.duration > 0 else {
            countLoss(missing)
            self.cursor = cursor
            return
        }
        let gap = packet.timestamp &- cursor.contentEnd
        let isContiguous = gap <= Self.timestampSlack && gap >= -Self.timestampSlack
        if packet.marker, isContiguous, missing == 0, !excusesLoss { needlessMarkers &+= 1 }
        if !isContiguous || missing > 0 || excusesLoss {
            align(&cursor, to: packet, gap: gap)
            fill(&cursor, before: packet, missing: missing, gap: gap, at: now)
            if !isContiguous { countLoss(missing) }
        } else if packet.timestamp &- cursor.base &- cursor.position > Self.timestampSlack {
            fill(&cursor, before: packet, missing: 0, gap: gap, at: now)
        }
        if !packet.isRedundant {
            let place = packet.timestamp &- cursor.base
            delay.observe(position: place, arrival: packet.arrival, isRegular: isContiguous && missing == 0)
            if now > packet.arrival {
                let held = now - packet.arrival
                counters.totalAddedDelay += held
                counters.longestAddedDelay = max(counters.longestAddedDelay, held)
            }
        } else {
            counters.recoveredByRedundancy += 1
        }
        handOut(consume packet, &cursor)
        self.cursor = cursor
    }

    private mutating func handOut(_ packet: consuming PendingPacket, _ cursor: inout Cursor) {
        let position = cursor.position
        cursor.position &+= Int64(packet.duration)
        cursor.contentEnd = packet.end
        cursor.frameDuration = packet.duration
        cursor.arrival = max(cursor.arrival, packet.arrival)
        silentSamples = 0
        isAbsent = false
        excusesLoss = isMuted
        let (timestamp, duration, arrival) = (packet.timestamp, packet.duration, packet.arrival)
        // Last, so that the payload is handed on and not shared.
        let kind: EncodedAudioUnit.Kind = packet.isRedundant ? .recovered(packet.payload) : .packet(packet.payload)
        emit(
            EncodedAudioUnit(
                kind: kind, position: position, rtpTimestamp: timestamp, duration: duration, arrival: arrival))
    }

    /// Makes sure that a packet's timestamp can be believed, and lays the timeline anew where it cannot.
    private mutating func align(_ cursor: inout Cursor, to packet: PendingPacket, gap: Int64) {
        let elapsed = min(max(.zero, packet.arrival - cursor.arrival).inOpusSamples, 1 << 48)
        let tolerance = configuration.timestampTolerance.inOpusSamples
        let stoodStill = excusesLoss && gap < elapsed - tolerance
        if gap < -Self.largestOverlap || gap > elapsed &+ tolerance || stoodStill {
            let place = max(cursor.position, cursor.contentEnd &- cursor.base &+ elapsed)
            cursor.base = packet.timestamp &- place
            counters.restarts += 1
            delay.restart(position: place, arrival: packet.arrival)
        } else if elapsed > Self.delayMemory, !packet.isRedundant {
            delay.restart(position: packet.timestamp &- cursor.base, arrival: packet.arrival)
        }
        if cursor.position &- (packet.timestamp &- cursor.base) > Self.largestLag {
            cursor.base = packet.timestamp &- cursor.position
            counters.restarts += 1
            delay.restart(position: cursor.position, arrival: packet.arrival)
        }
    }

    private mutating func countLoss(_ missing: Int64) {
        guard missing > 0, !excusesLoss else { return }
        counters.lost += Int(missing)
        for _ in 0..<min(missing, 32) { patience.observeLoss() }
    }

    /// Fills the timeline up to a packet: with concealment for what was lost, with silence for what was never sent.
    private mutating func fill(
        _ cursor: inout Cursor, before packet: PendingPacket, missing: Int64, gap: Int64, at now: Instant
    ) {
        let hole = packet.timestamp &- cursor.base &- cursor.position
        if missing == 0, gap > Self.timestampSlack { counters.discontinuousGaps += 1 }
        guard hole > Self.timestampSlack else { return }
        if isAbsent || hole >= limits.absence {
            counters.absentSamples &+= hole
            advance(&cursor, .absent, by: hole, arrival: now)
            return
        }
        // A marker begins a talk spurt, so what was lost before it was silence.
        let beginsSpurt = packet.marker && needlessMarkers < Self.credulity
        var lost: Int64 = 0
        if missing > 0, !beginsSpurt, !excusesLoss {
            lost = min(hole, missing &* Int64(cursor.frameDuration))
            if hole - lost <= Self.timestampSlack { lost = hole }
        }
        conceal(&cursor, samples: lost, before: packet, isAdjacent: lost == hole, at: now)
        if hole > lost {
            counters.discontinuousSamples &+= hole - lost
            advance(&cursor, .discontinuous, by: hole - lost, arrival: now)
        }
    }

    /// Fills `samples` of lost sound, the last frame of it from the packet's in-band FEC where it has that.
    private mutating func conceal(
        _ cursor: inout Cursor, samples: Int64, before packet: PendingPacket, isAdjacent: Bool, at now: Instant
    ) {
        var repaired: Int64 = 0
        if isAdjacent, samples >= Int64(packet.duration), let opus = try? OpusPacket(parsing: packet.payload),
            opus.hasForwardErrorCorrection, opus.frameCount == 1
        {
            repaired = Int64(packet.duration)
        }
        var rest = samples - repaired
        while rest > 0 {
            let frame = Int64(max(cursor.frameDuration, 1))
            let step = rest - frame <= Self.timestampSlack ? rest : frame
            counters.concealedSamples &+= step
            advance(&cursor, .lost, by: step, arrival: now)
            rest -= step
        }
        if repaired > 0 {
            counters.recoveredByForwardErrorCorrection += 1
            advance(&cursor, .forwardErrorCorrection(next: packet.payload), by: repaired, arrival: packet.arrival)
        }
    }

    /// Hands out a unit that no packet stands for.
    mutating func advance(
        _ cursor: inout Cursor, _ kind: EncodedAudioUnit.Kind, by samples: Int64, arrival: Instant
    ) {
        emit(
            EncodedAudioUnit(
                kind: kind, position: cursor.position, rtpTimestamp: cursor.base &+ cursor.position,
                duration: Int(clamping: samples), arrival: arrival))
        cursor.position &+= samples
    }
}
