import NIOCore
import SansIO

/// Frames on their way out.
extension VideoReceiver {
    /// Hands out and gives up what can be by now, and asks for a key frame if one is needed.
    mutating func advance(at now: Instant) {
        gapDeadline = nil
        while !frames.isEmpty, step(at: now) {}
        passPadding()
        askIfDue(at: now)
    }

    /// Deals with the oldest frame, if that can be done.
    /// - Returns: whether anything was done.
    private mutating func step(at now: Instant) -> Bool {
        passPadding()
        let head = frames[0]
        // Frames that do not keep apart: what is left of this one is nothing.
        if let next, head.lowest < next { return give(up: head) }
        if isWhole(0) {
            // Where it begins at `next`, nothing before it can come any more.
            if isReady(0) || head.lowest == next && (isSkipped(head) || isDecodable(0)) { return handle(0, at: now) }
            if head.lowest == next {
                drop(head, isWhole: true)
                return true
            }
        } else if head.lowest == next, !isStartKnown(0), isEndKnown(0), head.isWithoutHole {
            return give(up: head)
        }
        return wait(at: now)
    }

    private mutating func give(up frame: FrameInAssembly) -> Bool {
        drop(frame, isWhole: false)
        return true
    }

    /// Waits for what is missing, or goes on without.
    private mutating func wait(at now: Instant) -> Bool {
        guard let gap = gap() else { return false }
        let isFinal = gap.index <= givenUpThrough || gap.index == lastMalformed
        if let ready = frames.indices.first(where: { isWhole($0) && isDecodable($0) }) {
            let due = gap.since + configuration.reorderingPatience
            if isFinal || due <= now || !tracker.isIntact { return handle(ready, at: now) }
            gapDeadline = due
            return false
        }
        let isRepairable = tracker.isIntact || frames[0].isKeyFrame
        let due = gap.since + (isRepairable ? configuration.repairPatience : configuration.reorderingPatience)
        guard isFinal || due <= now else {
            gapDeadline = due
            return false
        }
        pass(gap)
        return true
    }

    /// The first packet that is missing, if it is certain that one is, and since when that is known.
    private func gap() -> (index: Int64, since: Instant)? {
        let head = frames[0]
        if let next, head.lowest > next { return (next, head.firstArrival) }
        if !head.isWithoutHole {
            var missing = head.lowest
            while store.contains(missing) { missing += 1 }
            var after = missing + 1
            while after < head.highest, !store.contains(after) { after += 1 }
            return (missing, store.arrival(of: after) ?? head.lastArrival)
        }
        // Before the first frame of all, packets may be missing that nothing tells of.
        if next == nil, isWhole(0) || !isStartKnown(0) { return (head.lowest - 1, head.firstArrival) }
        guard frames.count > 1, !isEndKnown(0) else { return nil }
        return (head.highest + 1, frames[1].firstArrival)
    }

    /// Goes on without a packet that is missing.
    private mutating func pass(_ gap: (index: Int64, since: Instant)) {
        let head = frames[0]
        if let next, head.lowest > next {
            skip(to: head.lowest)
            followsLoss = true
            isAtBoundary = false
        } else {
            drop(head, isWhole: isWhole(0))
        }
    }

    // MARK: What is known of a frame

    /// Whether all packets of a frame are there.
    private func isWhole(_ place: Int) -> Bool {
        frames[place].isWithoutHole && isEndKnown(place) && isStartKnown(place)
    }

    private func isEndKnown(_ place: Int) -> Bool {
        let frame = frames[place]
        if frame.end == frame.highest { return true }
        // Senders have been seen to leave the marker out.
        return (place + 1 < frames.count && frames[place + 1].lowest == frame.highest + 1)
            || store.isPadding(frame.highest + 1)
    }

    private func isStartKnown(_ place: Int) -> Bool {
        let frame = frames[place]
        switch frame.start {
        case .certain: return true
        case .no: return false
        case .possible:
            if let next, frame.lowest == next { return isAtBoundary }
            // Where the description has the parameter sets, nothing need come before the first slice.
            let isFirstOfAll = next == nil && place == 0 && !formats[frame.format].parameterSets.isEmpty
            return (place > 0 && frames[place - 1].highest + 1 == frame.lowest && isEndKnown(place - 1))
                || store.isPadding(frame.lowest - 1) || isFirstOfAll
        }
    }

    private func isContiguous(_ place: Int) -> Bool {
        place == 0 && frames[place].lowest == next && !followsLoss
    }

    private func isDecodable(_ place: Int) -> Bool {
        let frame = frames[place]
        guard frame.isKeyFrame || frame.format == lastFormat else { return false }
        return tracker.canDecode(frame, isContiguous: isContiguous(place))
    }

    private func isSkipped(_ frame: FrameInAssembly) -> Bool {
        guard !frame.isKeyFrame else { return false }
        return maximumTemporalLayer.map { frame.temporalLayer > $0 } ?? false
            || skipsDiscardable && frame.isDiscardable
    }

    /// Whether the oldest frame can be dealt with without waiting for anything.
    private func isReady(_ place: Int) -> Bool {
        let frame = frames[place]
        let isNext = isContiguous(place) || tracker.follows(frame)
        // After a loss a key frame is worth more than anything before it.
        if frame.isKeyFrame { return isNext || !tracker.isIntact }
        return isNext && (isSkipped(frame) || isDecodable(place))
    }

    // MARK: Dealing with frames

    /// Hands a frame out, or leaves it out where it is not wanted; those before it are given up.
    private mutating func handle(_ place: Int, at now: Instant) -> Bool {
        let isContiguous = isContiguous(place)
        for frame in frames[..<place] {
            learn(from: frame)
            forget(frame)
        }
        counters.incomplete += place
        frames.removeFirst(place)
        let frame = frames[0]
        if isSkipped(frame) {
            counters.skipped += 1
            tracker.leaveOut(frame)
            finish(frame)
        } else {
            handOut(frame, isContiguous: isContiguous, at: now)
        }
        return true
    }

    private mutating func handOut(_ frame: FrameInAssembly, isContiguous: Bool, at now: Instant) {
        guard let (data, properties) = assemble(frame) else {
            counters.malformedFrames += 1
            if frame.isKeyFrame { requests.refused() }
            return fail(frame)
        }
        if let size = properties.size, size.width <= Self.largestBlank, size.height <= Self.largestBlank {
            counters.blank += 1
            requests.postpone(until: now + configuration.blankPatience)
            requests.withdraw(byKeyFrame: false)
            tracker = ReferenceTracker()
            return finish(frame)
        }
        let encoded = EncodedVideoFrame(
            codec: formats[frame.format].codec, isKeyFrame: frame.isKeyFrame, data: data,
            rtpTimestamp: frame.timestamp, size: properties.size, temporalLayer: frame.temporalLayer,
            isDiscardable: frame.isDiscardable, arrival: frame.lastArrival)
        guard emit(encoded) else {
            counters.dropped += 1
            return fail(frame)
        }
        counters.frames += 1
        if frame.isKeyFrame { counters.keyFrames += 1 }
        tracker.handOut(frame, isContiguous: isContiguous)
        if tracker.isEssential(frame) { requests.withdraw(byKeyFrame: frame.isKeyFrame) }
        lastFormat = frame.format
        finish(frame)
        followsLoss = false
    }

    private mutating func assemble(_ frame: FrameInAssembly) -> (ByteBuffer, VideoFrameProperties)? {
        var data = buffers.take(capacity: frame.bytes + readers[frame.format].overhead)
        let payloads = FramePayloads(store: store, index: frame.lowest, last: frame.highest)
        let properties = readers[frame.format].assemble(payloads, isKeyFrame: frame.isKeyFrame, into: &data)
        guard let properties, data.readableBytes > 0 else { return nil }
        buffers.keep(data)
        return (data, properties)
    }

    /// A frame that should have been handed out cannot be.
    private mutating func fail(_ frame: FrameInAssembly) {
        if isMissed(frame) { requests.need() }
        tracker.leaveOut(frame)
        finish(frame)
    }

    /// Gives the oldest frame up.
    mutating func drop(_ frame: FrameInAssembly, isWhole: Bool) {
        if isWhole { counters.undecodable += 1 } else { counters.incomplete += 1 }
        if frame.isKeyFrame { requests.answerLost() }
        learn(from: frame)
        if isMissed(frame) { requests.need() }
        // What is missing may be of other frames too, unless both ends of this one are there.
        if !isWhole, !(frame.isDiscardable && isStartKnown(0) && isEndKnown(0)) { followsLoss = true }
        tracker.leaveOut(frame)
        finish(frame)
    }

    /// The oldest frame is dealt with, whatever became of it.
    private mutating func finish(_ frame: FrameInAssembly) {
        isAtBoundary = isEndKnown(0)
        forget(frame)
        frames.removeFirst()
        skip(to: max(next ?? .min, frame.highest + 1))
    }

    /// Whether without a frame there is nothing to go on with. In JPEG every frame is a key frame, and the next one comes.
    private func isMissed(_ frame: FrameInAssembly) -> Bool {
        tracker.isEssential(frame) && formats[frame.format].codec != .jpeg
    }

    /// What is given up may hold what later frames need, and comes only once.
    private mutating func learn(from frame: FrameInAssembly) {
        // Real ones begin with a handful of sets.
        var left = 16
        for index in frame.lowest..<min(frame.highest + 1, frame.lowest + 16) {
            if let payload = store.payload(index) { readers[frame.format].learn(from: payload, left: &left) }
        }
    }

    private mutating func forget(_ frame: FrameInAssembly) {
        store.remove(frame.lowest..<frame.highest + 1)
    }

    /// What lies below an index is not waited for any more.
    mutating func skip(to index: Int64) {
        if let next, next < index { store.remove(next..<index) }
        next = max(next ?? index, index)
    }

    /// Padding takes a number and nothing else.
    private mutating func passPadding() {
        while let next, store.isPadding(next) {
            store.remove(next)
            self.next = next + 1
        }
    }
}
