import SansIO

/// Which of a camera's frames are decoded.
public enum DecodingPlan: Hashable, Sendable {
    /// All that others refer to.
    case allFrames
    /// Key frames alone, which are asked for when a look is wanted.
    /// - mayAsk: whether the camera's account pays for another now.
    case keyFrames(mayAsk: Bool)
}

/// A frame of a camera, and what it took to decode.
public struct FrameCost: Hashable, Sendable {
    /// Of a core; nil where the frame was left out.
    public var time: Duration?
    public var isKeyFrame: Bool
    /// From the frame before to it, as the sender's clock has it; nil where none is known.
    public var cadence: Duration?
    /// Pictures have another size from it on: what frames took before says nothing any more.
    public var hasNewSize: Bool

    public init(time: Duration?, isKeyFrame: Bool = false, cadence: Duration? = nil, hasNewSize: Bool = false) {
        self.time = time
        self.isKeyFrame = isKeyFrame
        self.cadence = cadence
        self.hasNewSize = hasNewSize
    }
}

/// What decoding one camera takes, and what would be left for looks.
///
/// A picture cannot be had without the frames it refers to, back to the last key frame: of a stream without layers it is
/// all frames or key frames. All of them give as many looks as the rest of the share pays for; key frames, which burden
/// their sender, come at most every ``keyFrameInterval``.
struct DecodingCost: Sendable {
    /// From one key frame that is asked for to the next.
    static let keyFrameInterval: Duration = .milliseconds(1500)

    /// A frame that is no key frame, and a key frame.
    private var frame: Duration?
    private var keyFrame: Duration?
    private var look: Duration?
    /// From one frame to the next.
    private var cadence: Duration?
    /// Steps in a row that were too long for the cadence.
    private var longSteps = 0
    /// Frames whose time is known.
    private var measured = 0
    /// How many of all frames are key frames, 0…1: of a camera that sends nothing else, all.
    private var keyFrameShare = 0.0

    /// No camera is faster: what comes closer, as two sources in one stream or a forged clock, counts as this far apart.
    private static let shortestCadence: Duration = .milliseconds(4)
    /// So many long steps in a row are the cadence.
    private static let convincing = 8
    /// After so many frames the first ones, which a cold processor decodes, hardly count any more: a twenty-fifth each.
    private static let settled = 24
    /// Over how many frames key frames are counted: one now and then must not count as often as it comes.
    private static let memory = 64.0

    mutating func take(_ cost: FrameCost) {
        if cost.hasNewSize { (frame, keyFrame, cadence, measured, keyFrameShare) = (nil, nil, nil, 0, 0) }
        keyFrameShare += ((cost.isKeyFrame ? 1 : 0) - keyFrameShare) / Self.memory
        if let time = cost.time {
            if cost.isKeyFrame { Self.follow(&keyFrame, time) } else { Self.follow(&frame, time) }
            measured = min(measured + 1, Self.settled)
        }
        if let step = cost.cadence, step > .zero, step <= .seconds(2) { take(step: max(step, Self.shortestCadence)) }
    }

    private mutating func take(step: Duration) {
        // Where key frames are waited for, frames are missing: that is no cadence.
        if let cadence, step >= cadence * 3 {
            longSteps += 1
            guard longSteps >= Self.convincing else { return }
            self.cadence = step
        } else {
            Self.follow(&cadence, step)
        }
        longSteps = 0
    }

    mutating func looked(_ time: Duration) { Self.follow(&look, time) }

    /// The share of a core that decoding all frames takes; nil while that is not known.
    var ofAllFrames: Double? {
        guard let cadence, let usual = frame ?? keyFrame else { return nil }
        let more = ((keyFrame ?? usual) - usual).inSeconds * keyFrameShare
        return (usual.inSeconds + max(0, more)) / cadence.inSeconds
    }

    /// Whether enough frames were measured to go by.
    var isSettled: Bool { measured >= Self.settled }

    /// Whether more than a cold start was measured.
    var isKnown: Bool { measured >= 4 }

    /// The share of a core that key frames alone take, with their looks, where they are asked for.
    var ofKeyFrames: Double {
        ((keyFrame ?? frame ?? .zero).inSeconds + (look?.inSeconds ?? 0)) / Self.keyFrameInterval.inSeconds
    }

    /// Looks a second that a share of a core gives where all frames are decoded.
    func looks(ofAllFrames share: Double) -> Double {
        guard let ofAllFrames else { return .infinity }
        let left = share - ofAllFrames
        guard left > 0 else { return 0 }
        return left / max(look?.inSeconds ?? 0, 1e-6)
    }

    /// The same where key frames alone are.
    func looks(ofKeyFrames share: Double) -> Double {
        // A key frame that was never seen costs no less than another.
        let each = (keyFrame ?? frame ?? .zero).inSeconds + (look?.inSeconds ?? 0)
        let paid = share / max(each, 1e-6)
        // Who sends nothing else is asked for none.
        return keyFrameShare > 0.9 ? paid : min(1 / Self.keyFrameInterval.inSeconds, paid)
    }

    private static func follow(_ average: inout Duration?, _ value: Duration) {
        average = average.map { $0 + (value - $0) / 8 } ?? value
    }
}
