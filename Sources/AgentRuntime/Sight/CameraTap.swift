import Perception
import PerceptionModels
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Synchronization

/// The part of perception that sees pictures: one watched camera's encoded frames in, looks out. Frames are taken on the
/// room's loop; they are decoded and looked at on the pool's threads, one after the other. Nothing of a picture leaves.
///
/// Of the frames that come, so many are asked for as looks are wanted (`FrameChoice`), and those that others refer to are
/// decoded, or key frames alone where that would take too much (`DecodingPlan`); models run on pictures at the wanted rate
/// alone, and of those that wait only on the newest.
final class CameraTap: Sendable {
    enum Report: Sendable {
        case looked(GestureLook)
        /// The first picture, or the first of another size than before.
        case began(VideoCodec, VideoSize)
        /// A frame could not be decoded, or had to go: the next must be a key frame.
        case needsKeyFrame(VideoDecodingError?)
        /// A look failed: the next picture is looked at all the same.
        case lookFailed(String)
        /// Models cannot be used any more.
        case modelsOff
        /// Other frames than before are enough.
        case wants(FrameChoice.Wanted)
    }

    /// What has become of the camera's frames.
    struct Progress: Sendable, Hashable {
        var decoded = 0
        var failed = 0
        /// Of which codec the last frame was.
        var codec: VideoCodec?
    }

    /// Frames that are decoded before other cameras, and everybody's sound, have a turn of the thread: one of 1080 lines
    /// takes up to ten milliseconds.
    static let mostFramesATurn = 2

    private struct Inbox {
        var backlog = FrameBacklog()
        var isScheduled = false
        var isClosed = false
        var attention = GestureAttention()
        var search: GestureSearchConfiguration
        var choice: FrameChoice
        var progress = Progress()
        var newest: Instant?

        init(search: GestureSearchConfiguration) {
            self.search = search
            choice = FrameChoice(rate: search.pictureRate)
        }
    }

    private let inbox: Mutex<Inbox>
    private let sight: Mutex<CameraSight>
    private let queue: SerialQueue
    private let metrics: JaskMetrics
    private let deliver: @Sendable (Report) -> Void

    /// - Parameter deliver: called on a thread of the pool, or in `receive`.
    init(
        search: GestureSearchConfiguration, pool: ThreadPool, loan: ModelLoan, account: DecodingAccount,
        metrics: JaskMetrics, deliver: @escaping @Sendable (Report) -> Void
    ) {
        inbox = Mutex(Inbox(search: search))
        sight = Mutex(CameraSight(search: search, loan: loan, account: account))
        // One job at a time is there, which takes what its turn allows.
        queue = pool.makeQueue(capacity: 1, overflow: .reject, batchLimit: 1)
        self.metrics = metrics
        self.deliver = deliver
    }

    var progress: Progress { inbox.withLock { $0.progress } }

    /// When the last frame came whose picture was seen by whoever looks, and not put off.
    var newest: Instant? { inbox.withLock { $0.newest } }

    /// What the rules wait for, from the next picture on.
    func setAttention(_ attention: GestureAttention) { inbox.withLock { $0.attention = attention } }

    func setSearch(_ search: GestureSearchConfiguration) {
        inbox.withLock { ($0.search, $0.choice.rate) = (search, search.pictureRate) }
    }

    /// Nothing is decoded any more, also of what waits.
    func close() {
        inbox.withLock {
            $0.isClosed = true
            _ = $0.backlog.takeAll()
        }
    }

    func receive(_ frame: EncodedVideoFrame) {
        let (needsKeyFrame, dropped, schedules, wanted) = inbox.withLock { inbox in
            guard !inbox.isClosed else { return (false, 0, false, FrameChoice.Wanted?.none) }
            let wanted = inbox.choice.receive(frame)
            let before = inbox.backlog.dropped
            let needsKeyFrame = inbox.backlog.append(frame)
            let schedules = !inbox.isScheduled && !inbox.backlog.isEmpty
            if schedules { inbox.isScheduled = true }
            return (needsKeyFrame, inbox.backlog.dropped - before, schedules, wanted)
        }
        metrics.cameraBytes.add(Double(frame.data.readableBytes))
        if dropped > 0 { metrics.pictures.add(Double(dropped), "dropped") }
        if schedules { schedule() }
        if needsKeyFrame { deliver(.needsKeyFrame(nil)) }
        if let wanted { deliver(.wants(wanted)) }
    }

    // MARK: On the pool

    private func schedule() { queue.submit { [weak self] in self?.work() } }

    private func work() {
        let (frames, isBehind, attention, search) = inbox.withLock { inbox in
            let frames = inbox.backlog.take(most: Self.mostFramesATurn)
            return (frames, !inbox.backlog.isEmpty, inbox.attention, inbox.search)
        }
        let outcome = sight.withLock { sight in
            sight.see(frames, isBehind: isBehind, attention: attention, search: search) { [self] in
                inbox.withLock { $0.isClosed }
            }
        }
        let (goesOn, isClosed) = inbox.withLock { inbox in
            inbox.progress.decoded += outcome.decoded
            inbox.progress.failed += outcome.failed
            inbox.newest = outcome.newest ?? inbox.newest
            inbox.progress.codec = frames.last?.codec ?? inbox.progress.codec
            inbox.isScheduled = !inbox.backlog.isEmpty && !inbox.isClosed
            return (inbox.isScheduled, inbox.isClosed)
        }
        metrics.pictures.add(Double(outcome.decoded), "decoded")
        if outcome.failed > 0 { metrics.pictures.add(Double(outcome.failed), "failed") }
        if outcome.skipped > 0 { metrics.pictures.add(Double(outcome.skipped), "skipped") }
        if goesOn { schedule() }
        if !isClosed { for report in outcome.reports { deliver(report) } }
    }
}
