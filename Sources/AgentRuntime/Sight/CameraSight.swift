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
        var reports: [CameraTap.Report] = []
    }

    private struct Seen {
        var picture: I420Picture
        var time: Instant
        var arrival: Instant
    }

    private let loan: ModelLoan
    private let models: LentModels
    private let looker: GestureLooker
    private let pool = PicturePool(mostKept: 2)
    private var decoder: VideoDecoder?
    private var timeline = PictureTimeline()
    private var pace: PicturePace
    private var hasBegun = false
    private var hasToldOff = false
    /// A frame failed, and a key frame was asked for: until one comes nothing else is to be had.
    private var awaitsKeyFrame = false

    init(search: GestureSearchConfiguration, loan: ModelLoan) {
        self.loan = loan
        models = LentModels()
        looker = GestureLooker(models: models, configuration: search)
        pace = PicturePace(rate: search.pictureRate)
    }

    /// Decodes frames, in order, and looks at the newest picture that is due.
    mutating func see(
        _ frames: [EncodedVideoFrame], attention: GestureAttention, search: GestureSearchConfiguration,
        isClosed: () -> Bool
    ) -> Outcome {
        var outcome = Outcome()
        if looker.configuration != search {
            looker.configuration = search
            pace.interval = PicturePace(rate: search.pictureRate).interval
        }
        var newest: Seen?
        for frame in frames {
            // Whoever opted out meanwhile is not looked at.
            guard !isClosed() else { return outcome }
            if let seen = decode(frame, &outcome) { newest = seen }
        }
        if let newest { look(at: newest, attention, &outcome) }
        return outcome
    }

    private mutating func decode(_ frame: EncodedVideoFrame, _ outcome: inout Outcome) -> Seen? {
        let time = timeline.instant(rtpTimestamp: frame.rtpTimestamp, arrival: frame.arrival)
        let isDue = pace.isDue(at: time)
        if frame.isDiscardable && !isDue || awaitsKeyFrame && !frame.isKeyFrame {
            outcome.skipped += 1
            return nil
        }
        awaitsKeyFrame = false
        do throws(VideoDecodingError) {
            let picture = try decoder(for: frame.codec).decode(frame)
            outcome.decoded += 1
            guard let picture else { return nil }
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

    private mutating func look(at seen: Seen, _ attention: GestureAttention, _ outcome: inout Outcome) {
        pace.looked(at: seen.time)
        do {
            let look = try loan.look(seen.arrival) { [models, looker] lent in
                try models.lend(lent) {
                    try looker.look(at: seen.picture, time: seen.time, attention: attention)
                }
            }
            if let look { return outcome.reports.append(.looked(look)) }
        } catch {
            outcome.reports.append(.lookFailed("\(error)"))
        }
        guard !hasToldOff, loan.isOff() else { return }
        hasToldOff = true
        outcome.reports.append(.modelsOff)
    }
}
