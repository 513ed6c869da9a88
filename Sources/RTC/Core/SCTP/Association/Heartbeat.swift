import NIOCore
import SansIO

/// The heartbeat of an idle association (RFC 9260 §8.3).
struct Heartbeat {
    private let interval: Duration?
    private var outstanding: (nonce: UInt64, sentAt: Instant)?
    private(set) var deadline: Instant?

    init(interval: Duration?) {
        self.interval = interval
    }

    /// Puts the next heartbeat off, because the path was just seen to work or nothing is to be asked.
    mutating func postpone(at now: Instant) {
        deadline = interval.map { now + $0 }
    }

    mutating func stop() {
        deadline = nil
        outstanding = nil
    }

    /// The heartbeat that is due, and whether the one before it stayed unanswered.
    mutating func timeout(at now: Instant, random: inout RandomSource) -> (chunk: HeartbeatChunk, isUnanswered: Bool)? {
        guard let deadline, deadline <= now else { return nil }
        let isUnanswered = outstanding != nil
        let nonce = random.next()
        outstanding = (nonce, now)
        postpone(at: now)
        return (HeartbeatChunk(information: ByteBuffer(integer: nonce)), isUnanswered)
    }

    /// Takes the answer to a heartbeat.
    ///
    /// - Returns: the round-trip time, if it answers the last one.
    mutating func receive(_ ack: HeartbeatChunk, at now: Instant) -> Duration? {
        guard let outstanding, ack.information == ByteBuffer(integer: outstanding.nonce) else { return nil }
        self.outstanding = nil
        return now - outstanding.sentAt
    }
}
