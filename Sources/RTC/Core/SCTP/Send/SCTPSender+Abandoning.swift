import NIOCore
import SansIO

/// Partial reliability (RFC 3758): giving up messages, and telling the peer.
extension SCTPSender {
    /// Gives up the whole message that a chunk belongs to.
    mutating func abandon(messageOf tsn: Int64) {
        var start = tsn
        while let chunk = chunks[start], !chunk.flags.contains(.beginning), chunks[start - 1] != nil { start -= 1 }
        var end = tsn
        while let chunk = chunks[end], !chunk.flags.contains(.end), chunks[end + 1] != nil { end += 1 }
        if let last = chunks[end], !last.flags.contains(.end) {
            // The message was being sent. Its missing end gets a TSN, so that the peer can be moved past all of it.
            abandonCurrent()
        }
        for position in start...end { abandon(position) }
    }

    /// Gives up the rest of the message that is being sent, together with what of it is outstanding.
    mutating func abandonCurrent() {
        guard let rest = queue.dropCurrent() else { return }
        let placeholder = chunks.end
        chunks.append(OutstandingChunk(placeholderFor: rest))
        statistics.abandonedChunks += 1
        var tsn = placeholder - 1
        while let chunk = chunks[tsn], !chunk.flags.contains(.end) {
            abandon(tsn)
            if chunk.flags.contains(.beginning) { break }
            tsn -= 1
        }
        advancePastAbandoned()
        isForwardDue = isForwardDue || advancedAck > cumulativeAck
        if timer == nil { timer = lastSent + rto.current }
    }

    /// Moves the point up to which the peer need not wait.
    mutating func advancePastAbandoned() {
        advancedAck = max(advancedAck, cumulativeAck)
        let before = advancedAck
        while let chunk = chunks[advancedAck + 1], chunk.state == .abandoned { advancedAck += 1 }
        if advancedAck > before { isForwardDue = true }
    }

    private mutating func abandon(_ tsn: Int64) {
        guard let chunk = chunks[tsn], chunk.state != .abandoned else { return }
        if chunk.state == .inFlight {
            inFlight -= chunk.payload.readableBytes
            peerWindow += chunk.payload.readableBytes
        }
        statistics.abandonedChunks += 1
        _ = chunks.update(tsn) { chunk in
            chunk.state = .abandoned
            chunk.payload = ByteBuffer()
        }
    }
}
