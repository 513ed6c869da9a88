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
        /// Left out before decoding, since no other frame refers to them and no picture was due.
        var skipped = 0
        /// When the last of them came that became a picture.
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
    private var hasBegun = false
    /// A frame failed, and a key frame was asked for: until one comes nothing else is to be had.
    private var awaitsKeyFrame = false

    init(search: GestureSearchConfiguration, loan: ModelLoan) {
        eye = PictureEye(search: search, loan: loan)
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
            outcome.reports += eye.look(at: newest.picture, taken: newest.time, at: newest.arrival, attention)
        }
        return outcome
    }

    private mutating func decode(_ frame: EncodedVideoFrame, _ outcome: inout Outcome) -> Seen? {
        let time = timeline.instant(rtpTimestamp: frame.rtpTimestamp, arrival: frame.arrival)
        let isDue = eye.isDue(at: time)
        if frame.isDiscardable && !isDue || awaitsKeyFrame && !frame.isKeyFrame {
            outcome.skipped += 1
            return nil
        }
        awaitsKeyFrame = false
        do throws(VideoDecodingError) {
            let picture = try decoder(for: frame.codec).decode(frame)
            outcome.decoded += 1
            guard let picture else { return nil }
            outcome.newest = frame.arrival
            if !hasBegun {
                hasBegun = true
                let size = VideoSize(width: picture.width, height: picture.height)
                outcome.reports.append(.began(frame.codec, size))
            }
            return isDue ? Seen(picture: picture, time: time, arrival: frame.arrival) : nil
        } catch {
            outcome.failed += 1
            awaitsKeyFrame = true
            outcome.reports.append(.needsKeyFrame(error))
            return nil
        }
    }

    private mutating func decoder(for codec: VideoCodec) -> VideoDecoder {
        if let decoder, decoder.codec == codec { return decoder }
        let new = VideoDecoder(codec, pool: pool)
        decoder = new
        return new
    }
}
