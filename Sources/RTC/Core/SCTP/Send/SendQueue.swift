import NIOCore
import SansIO

/// Messages that wait to be sent for the first time, by stream. Streams take turns, a message at a time.
struct SendQueue {
    /// The part of a message that goes into one DATA chunk.
    struct Fragment {
        var payload: ByteBuffer
        var stream: UInt16
        var streamSequence: UInt16
        var ppid: UInt32
        var flags: DataChunk.Flags
        /// `.max` is without limit.
        var maximumTransmissions: Int32
        var expiry: Instant
        /// Of the message that it ends.
        var receipt: UInt64?
    }

    private struct Waiting {
        var payload: ByteBuffer
        var ppid: UInt32
        var ordered: Bool
        var maximumTransmissions: Int32
        var expiry: Instant
        var receipt: UInt64?
        /// Given when the first fragment goes out.
        var streamSequence: UInt16 = 0
        var hasBegun = false
        /// Whether it belongs to the buffered amount.
        var isCounted: Bool

        var countedBytes: Int { isCounted ? payload.readableBytes : 0 }
    }

    private struct Stream {
        var identifier: UInt16
        var messages: CircularBuffer<Waiting> = []
        var bufferedBytes = 0
        var lowThreshold = 0
        var nextSequence: UInt16 = 0
        var isInTurn = false
    }

    private var streams: [Stream] = []
    private var indices: [UInt16: Int] = [:]
    private var turns: CircularBuffer<Int> = []
    /// The stream whose message has been begun.
    private var current: Int?
    /// Bytes over all streams.
    private(set) var bufferedBytes = 0
    /// Streams that have just fallen to their low threshold.
    private(set) var streamsGoneLow: CircularBuffer<UInt16> = []

    var isEmpty: Bool { current == nil && turns.isEmpty }

    /// - Parameter isCounted: whether the message belongs to the buffered amount.
    mutating func enqueue(_ message: SCTPMessage, isCounted: Bool = true, at now: Instant) {
        var waiting = Waiting(
            payload: message.payload, ppid: message.ppid, ordered: message.ordered, maximumTransmissions: .max,
            expiry: .distantFuture, receipt: message.receipt, isCounted: isCounted)
        switch message.reliability {
        case .reliable: break
        case .maxRetransmits(let count): waiting.maximumTransmissions = Int32(count) + 1
        case .maxLifetime(let lifetime): waiting.expiry = now + lifetime
        }
        let index = index(of: message.stream)
        streams[index].messages.append(waiting)
        streams[index].bufferedBytes += waiting.countedBytes
        bufferedBytes += waiting.countedBytes
        giveTurn(index)
    }

    /// The next fragment of at most `space` payload bytes; `nil` if nothing is to be sent.
    mutating func next(space: Int, at now: Instant) -> Fragment? {
        guard let index = chooseStream(at: now), var message = streams[index].messages.popFirst() else { return nil }
        if current == nil {
            turns.removeFirst()
            streams[index].isInTurn = false
        }
        var flags: DataChunk.Flags = message.ordered ? [] : .unordered
        if !message.hasBegun {
            message.hasBegun = true
            flags.insert(.beginning)
            if message.ordered {
                message.streamSequence = streams[index].nextSequence
                streams[index].nextSequence &+= 1
            }
        }
        let length = min(space, message.payload.readableBytes)
        guard let payload = message.payload.readSlice(length: length) else { return nil }
        let isLast = message.payload.readableBytes == 0
        if isLast { flags.insert(.end) }
        let fragment = Fragment(
            payload: payload, stream: streams[index].identifier, streamSequence: message.streamSequence,
            ppid: message.ppid, flags: flags, maximumTransmissions: message.maximumTransmissions,
            expiry: message.expiry, receipt: isLast ? message.receipt : nil)
        current = isLast ? nil : index
        if !isLast { streams[index].messages.prepend(message) }
        if message.isCounted { release(length, of: index) }
        if isLast { giveTurn(index) }
        return fragment
    }

    /// Payload bytes left of the message that goes next; `nil` if none does.
    mutating func nextLength(at now: Instant) -> Int? {
        guard let index = chooseStream(at: now) else { return nil }
        return streams[index].messages.first?.payload.readableBytes
    }

    /// Drops the rest of the message that has been begun.
    ///
    /// - Returns: what the missing last fragment would have carried; `nil` if no message has been begun.
    mutating func dropCurrent() -> (stream: UInt16, streamSequence: UInt16, flags: DataChunk.Flags)? {
        guard let index = current, let message = streams[index].messages.popFirst() else { return nil }
        current = nil
        release(message.countedBytes, of: index)
        giveTurn(index)
        return (streams[index].identifier, message.streamSequence, message.ordered ? .end : [.end, .unordered])
    }

    /// Whether the message that has been begun has outlived itself.
    func isCurrentExpired(at now: Instant) -> Bool {
        guard let current, let message = streams[current].messages.first else { return false }
        return message.expiry <= now
    }

    func bufferedBytes(of stream: UInt16) -> Int {
        indices[stream].map { streams[$0].bufferedBytes } ?? 0
    }

    mutating func setLowThreshold(_ bytes: Int, of stream: UInt16) {
        streams[index(of: stream)].lowThreshold = bytes
    }

    mutating func popStreamGoneLow() -> UInt16? { streamsGoneLow.popFirst() }

    /// Whether a stream has nothing left to send.
    func isDrained(_ stream: UInt16) -> Bool {
        indices[stream].map { streams[$0].messages.isEmpty } ?? true
    }

    /// Starts a stream anew from sequence number 0.
    mutating func resetSequence(of stream: UInt16) {
        streams[index(of: stream)].nextSequence = 0
    }

    /// Drops what waits on a stream, but for a message that has been begun.
    mutating func clear(_ stream: UInt16) {
        guard let index = indices[stream] else { return }
        let begun = current == index ? streams[index].messages.popFirst() : nil
        bufferedBytes -= streams[index].bufferedBytes
        streams[index].messages.removeAll()
        streams[index].bufferedBytes = begun?.countedBytes ?? 0
        bufferedBytes += streams[index].bufferedBytes
        if let begun { streams[index].messages.append(begun) }
    }

    /// Drops everything, and starts all streams anew.
    mutating func removeAll() {
        self = SendQueue()
    }

    private mutating func index(of stream: UInt16) -> Int {
        if let index = indices[stream] { return index }
        streams.append(Stream(identifier: stream))
        indices[stream] = streams.count - 1
        return streams.count - 1
    }

    private mutating func giveTurn(_ index: Int) {
        guard current != index, !streams[index].isInTurn, !streams[index].messages.isEmpty else { return }
        streams[index].isInTurn = true
        turns.append(index)
    }

    /// The stream whose message goes next. Messages that expired before they were begun are dropped.
    private mutating func chooseStream(at now: Instant) -> Int? {
        if let current { return current }
        while let index = turns.first {
            while let message = streams[index].messages.first, message.expiry <= now {
                streams[index].messages.removeFirst()
                release(message.countedBytes, of: index)
            }
            if !streams[index].messages.isEmpty {
                // It stays first until a fragment is taken, so that asking twice gives the same answer.
                return index
            }
            turns.removeFirst()
            streams[index].isInTurn = false
        }
        return nil
    }

    private mutating func release(_ bytes: Int, of index: Int) {
        let before = streams[index].bufferedBytes
        streams[index].bufferedBytes -= bytes
        bufferedBytes -= bytes
        let threshold = streams[index].lowThreshold
        if before > threshold, before - bytes <= threshold { streamsGoneLow.append(streams[index].identifier) }
    }
}
