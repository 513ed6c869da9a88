import NIOCore
import SansIO

/// The receiving half of an association: TSNs, reassembly, order, and when to acknowledge.
struct SCTPReceiver {
    /// What became of a DATA chunk.
    enum Outcome: Hashable {
        case accepted
        case duplicate
        /// Left out because of the receive window; the sender will send it again.
        case dropped
    }

    /// Why the association cannot go on.
    enum Failure: Error, Hashable {
        case violation(ReassemblyViolation)
        /// Data that is due does not fit, and what would let it be delivered never came.
        case windowExhausted
    }

    private let window: Int
    private let delayedAck: Duration
    private var tsns: ReceivedTSNs
    private var reassembly: ReassemblyQueue
    private var streams = InboundStreams()
    /// Messages in the order of their delivery.
    private(set) var ready: CircularBuffer<ReassembledMessage> = []

    private var sawData = false
    private var sawReasonToAcknowledge = false
    private var sawDisorder = false
    private var packetsSinceAck = 0
    /// Whether an acknowledgement is due now.
    private(set) var isAckDue = false
    /// Whether the acknowledgement that is due reports a gap or a duplicate: the sender counts such reports.
    private(set) var isAckUrgent = false
    /// When an acknowledgement becomes due; `nil` if nothing waits for one.
    private(set) var ackDeadline: Instant?
    /// How often the last acknowledgement is yet to be repeated, and when next.
    private var reminders = 0
    private(set) var reminderDeadline: Instant?

    /// How often an acknowledgement is repeated, and how soon for the first time; each wait is twice the one before.
    private static let mostReminders = 3
    private static let firstReminder = Duration.milliseconds(200)

    init(initialTSN: TSN, options: SCTPOptions) {
        let initial = initialTSN.extended(near: 1 << 32)
        window = options.receiveWindow
        delayedAck = options.delayedAck
        tsns = ReceivedTSNs(initialTSN: initial)
        reassembly = ReassemblyQueue(
            initialTSN: initial, maximumMessageBytes: options.maximumReceiveMessageBytes)
    }

    /// Everything up to and including this TSN has arrived.
    var cumulativeTSN: Int64 { tsns.cumulative }

    /// Whether the association holds something to acknowledge, due or not.
    var hasUnacknowledged: Bool { isAckDue || ackDeadline != nil }

    private var bufferedBytes: Int { reassembly.bufferedBytes + streams.bufferedBytes }

    mutating func popMessage() -> ReassembledMessage? { ready.popFirst() }

    /// Takes one DATA chunk.
    mutating func receive(_ chunk: DataChunk) throws(Failure) -> Outcome {
        sawData = true
        if chunk.flags.contains(.immediate) { sawReasonToAcknowledge = true }
        let tsn = chunk.tsn.extended(near: tsns.cumulative)
        switch tsns.outcome(of: tsn) {
        case .duplicate:
            tsns.noteDuplicate(tsn)
            sawDisorder = true
            return .duplicate
        case .refused:
            sawDisorder = true
            return .dropped
        case .new: break
        }
        guard try hasRoom(for: chunk, at: tsn) else { return .dropped }
        tsns.insert(tsn)
        if !tsns.runs.isEmpty { sawDisorder = true }
        do throws(ReassemblyViolation) {
            if let message = try reassembly.insert(chunk, at: tsn, cumulative: tsns.cumulative) {
                streams.receive(message, into: &ready)
            }
        } catch {
            throw .violation(error)
        }
        return .accepted
    }

    /// Notes a TSN as arrived without its data, which is of no use.
    mutating func swallow(_ tsn: TSN) {
        sawData = true
        let tsn = tsn.extended(near: tsns.cumulative)
        if case .new = tsns.outcome(of: tsn) { tsns.insert(tsn) }
    }

    /// Gives up what the sender gave up (RFC 3758 §3.6).
    mutating func receive(_ chunk: ForwardTSNChunk) {
        sawData = true
        sawReasonToAcknowledge = true
        let tsn = chunk.newCumulativeTSN.extended(near: tsns.cumulative)
        guard tsn > tsns.cumulative else { return }
        tsns.advance(to: tsn)
        reassembly.discard(through: tsn)
        for skipped in chunk.skipped { streams.skip(skipped, into: &ready) }
    }

    /// Starts incoming streams anew; none named means all.
    mutating func resetStreams(_ identifiers: [UInt16]) {
        streams.reset(identifiers)
    }

    /// Decides about the acknowledgement after all chunks of a packet (RFC 9260 §6.2).
    mutating func packetEnded(at now: Instant) {
        guard sawData else { return }
        packetsSinceAck += 1
        if sawDisorder || sawReasonToAcknowledge || packetsSinceAck >= 2 {
            isAckDue = true
            isAckUrgent = isAckUrgent || sawDisorder
        } else if ackDeadline == nil {
            ackDeadline = now + delayedAck
        }
        sawData = false
        sawReasonToAcknowledge = false
        sawDisorder = false
    }

    mutating func timeout(at now: Instant) {
        if let ackDeadline, ackDeadline <= now { isAckDue = true }
        if let reminderDeadline, reminderDeadline <= now { remind(again: reminders - 1, at: now) }
    }

    /// Acknowledges once more what has arrived, and a few times again, for the first ones may go before the peer has the
    /// path as well.
    mutating func remind(at now: Instant) { remind(again: Self.mostReminders, at: now) }

    private mutating func remind(again count: Int, at now: Instant) {
        isAckDue = true
        reminders = count
        reminderDeadline = count > 0 ? now + Self.firstReminder * (1 << (Self.mostReminders - count)) : nil
    }

    /// What `makeAcknowledgement` takes at most, in bytes.
    func acknowledgementLength(limit: Int) -> Int {
        min(SelectiveAckChunk.headerLength + 4 * (tsns.runs.count + tsns.duplicates.count), limit)
    }

    /// The acknowledgement to send now, in at most `space` bytes; nothing is due any more then.
    mutating func makeAcknowledgement(space: Int) -> SelectiveAckChunk {
        isAckDue = false
        isAckUrgent = false
        ackDeadline = nil
        packetsSinceAck = 0
        let entries = max(0, (space - SelectiveAckChunk.headerLength) / 4)
        let maximumGaps = max(0, entries - tsns.duplicates.count)
        return tsns.makeAcknowledgement(window: max(0, window - bufferedBytes), maximumGaps: maximumGaps)
    }

    private func hasRoom(for chunk: DataChunk, at tsn: Int64) throws(Failure) -> Bool {
        let needed = bufferedBytes + chunk.payload.readableBytes + ReassemblyQueue.overhead
        if needed <= window { return true }
        // The next TSN in line may free what is held; refusing it would lock up for good.
        guard tsn == tsns.cumulative + 1 else { return false }
        guard needed <= 2 * window else { throw .windowExhausted }
        return true
    }
}
