import NIOCore

/// What a peer did against the rules for fragments.
enum ReassemblyViolation: Error, Hashable {
    /// A fragment stands beside one that it cannot follow or precede.
    case fragmentsDoNotFit
    /// A message is larger than we take.
    case messageTooLarge
}

/// Puts fragments together (RFC 9260 §6.9).
///
/// Fragments of a message have consecutive TSNs. Neighbours of one message are joined as they arrive: the two ends of a
/// joined run know of each other, so that a fragment costs O(1) in whatever order it comes, and a message is known to be
/// whole when a run begins with a first and ends with a last fragment.
struct ReassemblyQueue {
    fileprivate struct Fragment {
        var payload: ByteBuffer
        var stream: UInt16
        var streamSequence: UInt16
        var ppid: UInt32
        var flags: DataChunk.Flags
        /// The other end of the run; right at both ends of a run only.
        var otherEnd: Int64
        /// Payload bytes of the run; right at both ends of a run only.
        var runBytes: Int
    }

    /// What a stored fragment counts beyond its payload, in bytes.
    static let overhead = 64

    private let maximumMessageBytes: Int
    private var fragments: TSNRing<Fragment>
    /// Bytes held by incomplete messages, overhead included.
    private(set) var bufferedBytes = 0

    init(initialTSN: Int64, maximumMessageBytes: Int) {
        fragments = TSNRing(first: initialTSN)
        self.maximumMessageBytes = maximumMessageBytes
    }

    /// Takes a DATA chunk whose TSN has not been seen before.
    ///
    /// - Parameter cumulative: everything up to and including this TSN has arrived.
    /// - Returns: the message that it completes, if it does.
    mutating func insert(
        _ chunk: DataChunk, at tsn: Int64, cumulative: Int64
    ) throws(ReassemblyViolation) -> ReassembledMessage? {
        defer { fragments.trim(through: cumulative) }
        let (joinsLeft, joinsRight) = try neighbours(of: chunk, at: tsn)
        let bytes = chunk.payload.readableBytes
        if chunk.flags.isSuperset(of: [.beginning, .end]) {
            guard bytes <= maximumMessageBytes else { throw .messageTooLarge }
            return ReassembledMessage(chunk, payload: chunk.payload)
        }
        fragments.insert(
            Fragment(
                payload: chunk.payload.compacted(), stream: chunk.stream, streamSequence: chunk.streamSequence,
                ppid: chunk.ppid, flags: chunk.flags, otherEnd: tsn, runBytes: bytes),
            at: tsn)
        bufferedBytes += bytes + Self.overhead
        let run = join(at: tsn, bytes: bytes, left: joinsLeft, right: joinsRight)
        guard run.bytes <= maximumMessageBytes else { throw .messageTooLarge }
        guard fragments[run.start]?.flags.contains(.beginning) == true,
            fragments[run.end]?.flags.contains(.end) == true
        else { return nil }
        return take(run, as: chunk)
    }

    /// Drops incomplete messages of which a part lies at or before a TSN that the sender gave up.
    mutating func discard(through tsn: Int64) {
        var last = tsn
        var runEnd = Int64.min
        while !fragments.isEmpty, fragments.first <= last {
            let position = fragments.first
            guard let fragment = fragments.popFirst() else { continue }
            if position > runEnd { runEnd = fragment.otherEnd }
            last = max(last, runEnd)
            bufferedBytes -= fragment.payload.readableBytes + Self.overhead
        }
        fragments.trim(through: tsn)
    }

    /// Whether the fragment continues the ones stored before and behind it.
    private func neighbours(
        of chunk: DataChunk, at tsn: Int64
    ) throws(ReassemblyViolation) -> (left: Bool, right: Bool) {
        var joins = (left: false, right: false)
        if let left = fragments[tsn - 1] {
            joins.left = !left.flags.contains(.end)
            guard joins.left != chunk.flags.contains(.beginning), !joins.left || left.matches(chunk) else {
                throw .fragmentsDoNotFit
            }
        }
        if let right = fragments[tsn + 1] {
            joins.right = !right.flags.contains(.beginning)
            guard joins.right != chunk.flags.contains(.end), !joins.right || right.matches(chunk) else {
                throw .fragmentsDoNotFit
            }
        }
        return joins
    }

    private mutating func join(
        at tsn: Int64, bytes: Int, left: Bool, right: Bool
    ) -> (start: Int64, end: Int64, bytes: Int) {
        var run = (start: tsn, end: tsn, bytes: bytes)
        if left, let neighbour = fragments[tsn - 1] {
            run.start = neighbour.otherEnd
            run.bytes += neighbour.runBytes
        }
        if right, let neighbour = fragments[tsn + 1] {
            run.end = neighbour.otherEnd
            run.bytes += neighbour.runBytes
        }
        for (position, other) in [(run.start, run.end), (run.end, run.start)] {
            _ = fragments.update(position) { fragment in
                fragment.otherEnd = other
                fragment.runBytes = run.bytes
            }
        }
        return run
    }

    private mutating func take(
        _ run: (start: Int64, end: Int64, bytes: Int), as chunk: DataChunk
    ) -> ReassembledMessage {
        var payload = ByteBufferAllocator().buffer(capacity: run.bytes)
        var ppid = chunk.ppid
        for tsn in run.start...run.end {
            guard let fragment = fragments.remove(tsn) else { continue }
            if tsn == run.start { ppid = fragment.ppid }
            payload.writeImmutableBuffer(fragment.payload)
            bufferedBytes -= fragment.payload.readableBytes + Self.overhead
        }
        var message = ReassembledMessage(chunk, payload: payload)
        message.ppid = ppid
        return message
    }
}

extension ReassemblyQueue.Fragment {
    fileprivate func matches(_ chunk: DataChunk) -> Bool {
        stream == chunk.stream && streamSequence == chunk.streamSequence
            && flags.contains(.unordered) == chunk.flags.contains(.unordered)
    }
}

extension ByteBuffer {
    /// The same bytes, copied out where they keep a much larger block alive.
    fileprivate func compacted() -> ByteBuffer {
        guard readableBytes * 4 < storageCapacity else { return self }
        var copy = ByteBufferAllocator().buffer(capacity: readableBytes)
        copy.writeImmutableBuffer(self)
        return copy
    }
}
