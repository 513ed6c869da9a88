import Inference
import Perception
import PerceptionModels
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO

/// What one camera's decoder thread owns: decoder and looker.
struct CameraSight {
    /// What came of some frames.
    struct Outcome: Sendable {
        var decoded = 0
        var failed = 0
        /// Left out before decoding: no other frame refers to them and no picture was due, or key frames alone are decoded.
        var skipped = 0
        /// When the last of them came whose picture was seen.
        var newest: Instant?
        var reports: [CameraTap.Report] = []
    }

    private struct Seen {
        var picture: I420Picture
        var time: Instant
        var arrival: Instant
    }

    private var eye: PictureEye
    private let pool = PicturePool(mostKept: 2)
    private var decoder: VideoDecoder?
    private var timeline = PictureTimeline()
    /// The newest picture that is due and was not looked at yet.
    private var newest: Seen?
    /// The size of the last picture.
    private var shown: VideoSize?
    private let account: DecodingAccount
    private var plan = DecodingPlan.allFrames
    /// Frames that others refer to were not decoded: until a key frame comes nothing else is to be had.
    private var isBroken = false
    /// A key frame was asked for, and none has come since.
    private var hasAsked = false
    /// When the last was asked for, where those alone are decoded.
    private var lastWish: Instant?
    /// Of the last frame that others refer to.
    private var lastTimestamp: Int64?
    /// The greatest of all.
    private var newestTimestamp: Int64?
    private var size: VideoSize?

    init(search: GestureSearchConfiguration, loan: ModelLoan, account: DecodingAccount) {
        eye = PictureEye(search: search, loan: loan)
        self.account = account
    }

    /// Decodes frames, in order, and looks at the newest picture that is due.
    /// - Parameter isBehind: more frames wait already, so a newer picture is at hand.
    mutating func see(
        _ frames: [EncodedVideoFrame], isBehind: Bool, attention: GestureAttention, search: GestureSearchConfiguration,
        isClosed: () -> Bool
    ) -> Outcome {
        var outcome = Outcome()
        eye.configure(search)
        for frame in frames {
            // Whoever opted out meanwhile is not looked at.
            guard !isClosed() else { return outcome }
            if let seen = decode(frame, &outcome) { newest = seen }
        }
        if !isBehind, let newest = newest.take(), !isClosed() {
            let glance = eye.look(taken: newest.time, at: newest.arrival, attention) { newest.picture }
            if glance.wasSeen { outcome.newest = newest.arrival }
            outcome.reports += glance.reports
        }
        return outcome
    }

    private mutating func decode(_ frame: EncodedVideoFrame, _ outcome: inout Outcome) -> Seen? {
        let time = time(of: frame)
        let isDue = time.map { eye.isDue(at: $0) } ?? false
        var cost = cost(of: frame)
        defer { plan = account.frame(cost, frame.arrival) }
        guard isDecoded(frame, isDue: isDue) else {
            outcome.skipped += 1
            if isWanting(frame, isDue: isDue) {
                (hasAsked, lastWish) = (true, frame.arrival)
                outcome.reports.append(.needsKeyFrame(nil))
            }
            return nil
        }
        let began = account.threadTime()
        defer { cost.time = account.threadTime() - began }
        guard let picture = decode(whole: frame, &outcome) else { return nil }
        let size = VideoSize(width: picture.width, height: picture.height)
        if size != shown { outcome.reports.append(.began(frame.codec, size)) }
        shown = size
        guard isDue, let time else { return nil }
        return Seen(picture: picture, time: time, arrival: frame.arrival)
    }

    /// When a frame's picture was taken; nil where a later one has come already. Of a stream with frames that refer to
    /// later ones (B-frames), which come in the order of decoding, only those are looked at that are newest as they come.
    private mutating func time(of frame: EncodedVideoFrame) -> Instant? {
        let step = newestTimestamp.map { frame.rtpTimestamp &- $0 } ?? 1
        // A second back is another beginning.
        guard step > 0 || step < -90_000 else { return nil }
        newestTimestamp = frame.rtpTimestamp
        return timeline.instant(rtpTimestamp: frame.rtpTimestamp, arrival: frame.arrival)
    }

    private mutating func decode(whole frame: EncodedVideoFrame, _ outcome: inout Outcome) -> I420Picture? {
        do throws(VideoDecodingError) {
            let picture = try decoder(for: frame.codec).decode(frame)
            outcome.decoded += 1
            return picture
        } catch {
            outcome.failed += 1
            (isBroken, hasAsked) = (true, true)
            outcome.reports.append(.needsKeyFrame(error))
            return nil
        }
    }

    // MARK: Which frames

    private mutating func isDecoded(_ frame: EncodedVideoFrame, isDue: Bool) -> Bool {
        if frame.isKeyFrame { hasAsked = false }
        let isDecoded =
            switch plan {
            case .allFrames:
                frame.isKeyFrame ? isDue || !frame.isDiscardable : !isBroken && (isDue || !frame.isDiscardable)
            case .keyFrames(let mayAsk): frame.isKeyFrame && isDue && mayAsk
            }
        if !frame.isDiscardable, !isDecoded || frame.isKeyFrame { isBroken = !isDecoded }
        return isDecoded
    }

    /// Whether a frame that is left out makes a key frame necessary.
    private func isWanting(_ frame: EncodedVideoFrame, isDue: Bool) -> Bool {
        guard isBroken, !hasAsked else { return false }
        switch plan {
        case .allFrames: return true
        case .keyFrames(let mayAsk):
            let interval = InferenceBudgetConfiguration.keyFrameInterval
            return isDue && mayAsk && lastWish.map { $0.duration(to: frame.arrival) >= interval } ?? true
        }
    }

    private mutating func cost(of frame: EncodedVideoFrame) -> FrameCost {
        var cost = FrameCost(time: nil, isKeyFrame: frame.isKeyFrame)
        if let new = frame.size {
            cost.hasNewSize = size.map { $0 != new } ?? false
            size = new
        }
        guard !frame.isDiscardable else { return cost }
        // Of what it refers to, nothing else: two seconds are a pause.
        let step = lastTimestamp.map { frame.rtpTimestamp &- $0 } ?? 0
        if (1...180_000).contains(step) { cost.cadence = .nanoseconds(step * 100_000 / 9) }
        lastTimestamp = frame.rtpTimestamp
        return cost
    }

    private mutating func decoder(for codec: VideoCodec) -> VideoDecoder {
        if let decoder, decoder.codec == codec { return decoder }
        let new = VideoDecoder(codec, pool: pool)
        decoder = new
        return new
    }
}
