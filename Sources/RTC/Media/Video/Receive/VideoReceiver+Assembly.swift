import NIOCore
import RTCCore
import SansIO

/// Packets on their way into frames.
extension VideoReceiver {
    /// Whether a packet is one that is still of use.
    mutating func isNew(_ index: Int64) -> Bool {
        if index < next ?? runStart {
            counters.late += 1
            return false
        }
        if store.contains(index) {
            counters.duplicates += 1
            return false
        }
        return true
    }

    /// The source has begun its sequence numbers anew: what is not whole by now never will be.
    mutating func beginRun(at index: Int64, _ now: Instant) {
        counters.restarts += 1
        counters.incomplete += frames.count
        frames.removeAll(keepingCapacity: true)
        store.removeAll()
        tracker = ReferenceTracker()
        next = nil
        followsLoss = false
        isAtBoundary = false
        // The first packets of a run may come out of order.
        runStart = index - SequenceIndexer.maximumMisorder
        highest = nil
        gapDeadline = nil
    }

    /// Gives up the oldest until a packet fits the bounds.
    /// - Returns: false if it is too old to be kept.
    mutating func makeRoom(for index: Int64, bytes: Int, at now: Instant) -> Bool {
        let mostPackets = Int64(max(1, min(configuration.maximumPackets, PacketStore.mostPackets)))
        guard let highest else {
            self.highest = index
            return true
        }
        if highest - index >= mostPackets {
            counters.late += 1
            return false
        }
        self.highest = max(highest, index)
        while let oldest = oldest, max(highest, index) - oldest >= mostPackets || isFull(adding: bytes) {
            counters.overflows += 1
            giveUpOldest(below: max(highest, index) - mostPackets + 1)
        }
        return index >= next ?? runStart
    }

    private var oldest: Int64? {
        guard let first = frames.first?.lowest else { return next }
        return min(first, next ?? first)
    }

    private func isFull(adding bytes: Int) -> Bool {
        !frames.isEmpty
            && (frames.count >= max(1, configuration.maximumFrames) || bytesHeld + bytes > configuration.maximumBytes)
    }

    /// Drops the oldest frame, or stops to wait for what is before it.
    private mutating func giveUpOldest(below floor: Int64) {
        if let head = frames.first, next ?? head.lowest >= head.lowest { return drop(head, isWhole: false) }
        followsLoss = true
        isAtBoundary = false
        skip(to: frames.first?.lowest ?? floor)
    }

    /// A packet that is part of no frame.
    mutating func take(padding index: Int64, at now: Instant) {
        insert(ByteBuffer(), index: index, at: now)
        advance(at: now)
    }

    mutating func take(
        _ fragment: VideoFragment, _ payload: ByteBuffer, index: Int64, timestamp: Int64, format: Int, at now: Instant
    ) {
        insert(payload, index: index, at: now)
        let bytes = payload.readableBytes
        var isOfKeyFrame = fragment.isKeyFrame
        if let place = place(of: fragment, index: index, timestamp: timestamp, format: format) {
            frames[place].add(fragment, index: index, bytes: bytes, at: now)
            isOfKeyFrame = frames[place].isKeyFrame
            sort(place)
        } else {
            frames.append(
                FrameInAssembly(fragment, index: index, timestamp: timestamp, format: format, bytes: bytes, at: now))
            sort(frames.count - 1)
        }
        // One is arriving, so that none is asked for.
        if isOfKeyFrame, requests.isNeeded { requests.answered(until: now + configuration.repairPatience) }
        advance(at: now)
    }

    private mutating func insert(_ payload: ByteBuffer, index: Int64, at now: Instant) {
        let highest = max(highest ?? index, index)
        let lowest = min(index, oldest ?? index)
        store.insert(payload, index: index, span: Int(highest - lowest) + 1, arrival: now)
    }

    /// The frame that a packet belongs to; the newest ones are the likeliest.
    private func place(of fragment: VideoFragment, index: Int64, timestamp: Int64, format: Int) -> Int? {
        frames.indices.reversed().first { place in
            frames[place].timestamp == timestamp && frames[place].format == format
                && frames[place].mayTake(index: index, isEnd: fragment.isEnd)
        }
    }

    /// Moves a frame to where its lowest packet belongs.
    private mutating func sort(_ place: Int) {
        var place = place
        while place > 0, frames[place - 1].lowest > frames[place].lowest {
            frames.swapAt(place - 1, place)
            place -= 1
        }
    }
}
