import RTCMedia

/// Encoded frames of one camera that wait for a decoder thread. Bounded, and decodable from the first to the last: what
/// others refer to is left out only together with all of them.
struct FrameBacklog: Sendable {
    static let mostFrames = 64
    static let mostBytes = 4 << 20

    private var frames: [EncodedVideoFrame] = []
    private var bytes = 0
    private var awaitsKeyFrame = false
    /// Frames that were left out.
    private(set) var dropped = 0

    init() {}

    var isEmpty: Bool { frames.isEmpty }

    /// Takes the next frame in the order of decoding.
    /// - Returns: whether a key frame is needed now, since so much waited that it had to go.
    mutating func append(_ frame: EncodedVideoFrame) -> Bool {
        if frame.isKeyFrame {
            // Decoding begins anew with it: what waits would only be older.
            clear()
            awaitsKeyFrame = false
        }
        guard !awaitsKeyFrame else {
            dropped += 1
            return false
        }
        if !hasRoom(for: frame) {
            keep { !$0.isDiscardable }
            guard hasRoom(for: frame) || frame.isKeyFrame else {
                clear()
                dropped += 1
                awaitsKeyFrame = true
                return true
            }
        }
        bytes += frame.data.readableBytes
        frames.append(frame)
        return false
    }

    /// The oldest of what waits.
    mutating func take(most: Int) -> [EncodedVideoFrame] {
        let taken = frames.prefix(most)
        frames.removeFirst(taken.count)
        bytes -= taken.reduce(0) { $0 + $1.data.readableBytes }
        return Array(taken)
    }

    /// All that waits.
    mutating func takeAll() -> [EncodedVideoFrame] { take(most: frames.count) }

    private func hasRoom(for frame: EncodedVideoFrame) -> Bool {
        frames.count < Self.mostFrames && bytes + frame.data.readableBytes <= Self.mostBytes
    }

    private mutating func clear() { keep { _ in false } }

    private mutating func keep(_ isKept: (EncodedVideoFrame) -> Bool) {
        let before = frames.count
        frames.removeAll { !isKept($0) }
        dropped += before - frames.count
        bytes = frames.reduce(0) { $0 + $1.data.readableBytes }
    }
}
