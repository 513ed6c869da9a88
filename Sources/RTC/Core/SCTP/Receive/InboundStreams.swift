import NIOCore

/// Puts the messages of each stream in order (RFC 9260 §6.6).
struct InboundStreams {
    private struct Stream {
        var next: UInt16 = 0
        /// Messages that came too early, by sequence number.
        var early: [UInt16: ReassembledMessage] = [:]
    }

    private var streams: [UInt16: Stream] = [:]
    /// Bytes held by messages that came too early, overhead included.
    private(set) var bufferedBytes = 0

    /// Takes a whole message and appends to `ready` what may be delivered now.
    mutating func receive(_ message: ReassembledMessage, into ready: inout CircularBuffer<ReassembledMessage>) {
        if message.isUnordered {
            ready.append(message)
            return
        }
        var stream = streams.removeValue(forKey: message.stream) ?? Stream()
        defer { streams[message.stream] = stream }
        if message.streamSequence == stream.next {
            ready.append(message)
            stream.next &+= 1
            drain(&stream, into: &ready)
        } else if !StreamSequence.isBefore(message.streamSequence, stream.next) {
            bufferedBytes += Self.cost(message)
            if let replaced = stream.early.updateValue(message, forKey: message.streamSequence) {
                bufferedBytes -= Self.cost(replaced)
            }
        }
    }

    /// Goes on behind a sequence number that the sender gave up (RFC 3758 §3.6).
    mutating func skip(
        _ skipped: ForwardTSNChunk.Skipped, into ready: inout CircularBuffer<ReassembledMessage>
    ) {
        var stream = streams.removeValue(forKey: skipped.stream) ?? Stream()
        defer { streams[skipped.stream] = stream }
        guard !StreamSequence.isBefore(skipped.streamSequence, stream.next) else { return }
        let origin = stream.next
        let due = stream.early.keys.filter { !StreamSequence.isBefore(skipped.streamSequence, $0) }
        for sequence in due.sorted(by: { $0 &- origin < $1 &- origin }) {
            deliver(sequence, of: &stream, into: &ready)
        }
        stream.next = skipped.streamSequence &+ 1
        drain(&stream, into: &ready)
    }

    /// Starts streams anew from sequence number 0; none named means all.
    mutating func reset(_ identifiers: [UInt16]) {
        for identifier in identifiers.isEmpty ? Array(streams.keys) : identifiers {
            guard let stream = streams.removeValue(forKey: identifier) else { continue }
            for message in stream.early.values { bufferedBytes -= Self.cost(message) }
        }
    }

    private mutating func drain(_ stream: inout Stream, into ready: inout CircularBuffer<ReassembledMessage>) {
        while !stream.early.isEmpty, stream.early[stream.next] != nil {
            deliver(stream.next, of: &stream, into: &ready)
            stream.next &+= 1
        }
    }

    private mutating func deliver(
        _ sequence: UInt16, of stream: inout Stream, into ready: inout CircularBuffer<ReassembledMessage>
    ) {
        guard let message = stream.early.removeValue(forKey: sequence) else { return }
        bufferedBytes -= Self.cost(message)
        ready.append(message)
    }

    private static func cost(_ message: ReassembledMessage) -> Int {
        message.payload.readableBytes + ReassemblyQueue.overhead
    }
}
