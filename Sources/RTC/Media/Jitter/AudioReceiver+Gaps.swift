import NIOCore
import SansIO

/// Packets that came before one that is missing.
extension AudioReceiver {
    /// Keeps a packet until those before it have come or been given up.
    mutating func hold(_ packet: PendingPacket, redundancy: ByteBuffer?, at now: Instant) {
        if !pending.canHold(packet.sequence) {
            drain(at: now, isForced: true)
            guard let cursor, packet.sequence > cursor.sequence else {
                counters.late += 1
                return
            }
        }
        var packet = packet
        // A slice would pin the whole block that the socket was read into.
        packet.payload = ByteBufferAllocator().buffer(buffer: packet.payload)
        pending.insert(packet)
        if gapSince == nil { gapSince = now }
        if let redundancy, let red = try? REDPayload(parsing: redundancy) { recover(from: red, of: packet) }
        drain(at: now, isForced: false)
    }

    /// Releases what may be released: packets that continue the last one, and those that have waited long enough.
    mutating func drain(at now: Instant, isForced: Bool) {
        while let head = pending.first, let cursor {
            let missing = head.sequence - cursor.sequence - 1
            let waits = missing > 0 && missing < Int64(PendingPackets.capacity) && !isForced && !excusesLoss
            if waits, !continuesSound(head, after: cursor), let since = gapSince, now < since + patience.current {
                return
            }
            guard let packet = pending.removeFirst() else { return }
            gapSince = pending.first?.arrival
            release(packet, missing: missing, at: now)
        }
    }

    /// Whether no sound is missing before the packet, whatever the sequence numbers say: a forwarder may have skipped
    /// numbers, or redundancy was found for the last one missing.
    private func continuesSound(_ packet: PendingPacket, after cursor: Cursor) -> Bool {
        let gap = packet.timestamp &- cursor.contentEnd
        return packet.duration > 0 && gap <= Self.timestampSlack && gap >= -Self.timestampSlack
    }

    /// Puts the older frames that a packet repeats where packets are missing.
    private mutating func recover(from redundancy: REDPayload, of packet: PendingPacket) {
        for index in 0..<redundancy.redundantCount {
            guard let block = redundancy.redundantBlock(index), block.payloadType == format.opusPayloadType,
                block.timestampOffset > 0, let duration = OpusPacket.duration(of: block.payload)
            else { continue }
            let candidate = PendingPacket(
                sequence: 0, timestamp: packet.timestamp &- Int64(block.timestampOffset), duration: duration,
                payload: block.payload, marker: false, arrival: packet.arrival, isRedundant: true)
            guard let sequence = missingSequence(for: candidate), pending.canHold(sequence) else { continue }
            var entry = candidate
            entry.sequence = sequence
            entry.payload = ByteBufferAllocator().buffer(buffer: block.payload)
            pending.insert(entry)
        }
    }

    /// The number of the missing packet that a redundant frame belongs to; `nil` if its sound is not missing.
    ///
    /// Blocks tell only their age, and the one repeated need not be the packet just before (seen after silence), so the
    /// place is found by time, between the packets that are there.
    private func missingSequence(for frame: PendingPacket) -> Int64? {
        guard let cursor else { return nil }
        let (before, after) = pending.neighbours(of: frame.timestamp)
        guard let after else { return nil }
        let start = before?.end ?? cursor.contentEnd
        let lower = (before?.sequence ?? cursor.sequence) + 1
        let upper = after.sequence - 1
        let slack = Self.timestampSlack
        guard frame.timestamp >= start &- slack, frame.end <= after.timestamp &+ slack, lower <= upper else {
            return nil
        }
        let duration = Int64(frame.duration)
        let steps = max(1, (after.timestamp &- frame.timestamp &+ duration / 2) / duration)
        return min(max(after.sequence &- steps, lower), upper)
    }
}
