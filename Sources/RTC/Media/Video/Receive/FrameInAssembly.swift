import SansIO

/// A frame of which packets have come.
struct FrameInAssembly: Sendable {
    /// Unwrapped, in 90 kHz ticks.
    let timestamp: Int64
    /// The place of its format among the receiver's.
    let format: Int
    /// The lowest and the highest index of its packets so far.
    private(set) var lowest: Int64
    private(set) var highest: Int64
    /// Packets so far, and bytes of their payloads.
    private(set) var count = 1
    private(set) var bytes: Int
    /// Whether the lowest packet begins it.
    private(set) var start: VideoFragment.Start
    /// The index of the packet that ends it.
    private(set) var end: Int64?
    private(set) var isKeyFrame: Bool
    private(set) var isDiscardable: Bool
    private(set) var temporalLayer: UInt8
    private(set) var references: VideoReferences
    let firstArrival: Instant
    private(set) var lastArrival: Instant

    init(_ fragment: VideoFragment, index: Int64, timestamp: Int64, format: Int, bytes: Int, at now: Instant) {
        self.timestamp = timestamp
        self.format = format
        self.bytes = bytes
        lowest = index
        highest = index
        start = fragment.start
        end = fragment.isEnd ? index : nil
        isKeyFrame = fragment.isKeyFrame
        isDiscardable = fragment.isDiscardable
        temporalLayer = fragment.temporalLayer
        references = fragment.references
        firstArrival = now
        lastArrival = now
    }

    /// Whether no packet is missing between those that have come.
    var isWithoutHole: Bool { highest - lowest + 1 == Int64(count) }

    /// Whether a packet of the same timestamp may belong to it: it does not follow its end, nor end before others of it.
    func mayTake(index: Int64, isEnd: Bool) -> Bool {
        if let end, index > end { return false }
        return !(isEnd && index < highest)
    }

    mutating func add(_ fragment: VideoFragment, index: Int64, bytes: Int, at now: Instant) {
        count += 1
        self.bytes += bytes
        if index < lowest {
            lowest = index
            start = fragment.start
        }
        highest = max(highest, index)
        if fragment.isEnd { end = index }
        if fragment.isKeyFrame { isKeyFrame = true }
        if fragment.isDiscardable { isDiscardable = true }
        temporalLayer = max(temporalLayer, fragment.temporalLayer)
        // Each spatial layer of a picture lists what it refers to.
        if case .listed(let id, let distances) = references, case .listed(id, let others) = fragment.references {
            references = .listed(id, distances | others)
        }
        lastArrival = max(lastArrival, now)
    }
}
