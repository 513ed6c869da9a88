import NIOCore
import RTCCore
import RTCMedia
import SansIO

/// The sound of one subscribed track: jitter buffer on the loop, decoder on the pool, frames to the sink.
final class RemoteAudio {
    /// Sound that may wait for a decoder thread: 5 s at 20 ms.
    private static let queueCapacity = 256
    /// What `RoomOptions.sharedAudioWake` is bounded by, well below what the queue has room for.
    private static let longestSharedWake = Duration.milliseconds(200)

    var subscribed: SubscribedTrack
    private(set) var receiver: AudioReceiver?
    private var ssrc: UInt32?
    private var pipeline: AudioDecoderPipeline?
    /// Sound that may wait for more of it before a thread is woken, in samples at 48 kHz.
    private let longestWait: Int
    /// How late a loss may be seen, since packets are read together.
    private let sharedReading: Duration
    /// Sound that waits so.
    private var held = 0
    private let queue: ValueQueue<Piece>
    /// Called on the loop with each unit that finds no room in the queue, and so is not decoded.
    private let onRejected: () -> Void
    private var hasDecoded = false

    /// What waits for a decoder thread.
    private struct Piece: Sendable {
        var unit: EncodedAudioUnit
        var pipeline: AudioDecoderPipeline
        var isFirst: Bool
    }

    /// - Parameters:
    ///   - sharedReading: how long packets may have waited to be read together.
    ///   - sharedWake: how much regular sound may wait for more of it before a decoder thread is woken.
    ///   - onFirstFrame: called on a decoder thread with the first decoded frame.
    init(
        subscribed: SubscribedTrack, pool: ThreadPool, sharedReading: Duration, sharedWake: Duration,
        sink: @escaping @Sendable ([AudioFrame]) -> Void, onFirstFrame: @escaping @Sendable () -> Void,
        onRejected: @escaping () -> Void
    ) {
        self.subscribed = subscribed
        self.onRejected = onRejected
        self.sharedReading = min(sharedReading, Self.longestSharedWake)
        longestWait = Int(min(sharedWake, Self.longestSharedWake).wholeMilliseconds) * 48
        queue = pool.makeQueue(capacity: Self.queueCapacity) { pieces in
            var frames: [AudioFrame] = []
            for piece in pieces { piece.pipeline.process(piece.unit, into: &frames) }
            if !frames.isEmpty { sink(frames) }
            if pieces.contains(where: \.isFirst) { onFirstFrame() }
        }
    }

    deinit { queue.flush() }

    func receive(_ packet: consuming ReceivedRTP, codecs: [Codec]) {
        let (header, index, arrival) = (packet.packet.header, packet.index, packet.arrival)
        if ssrc != header.ssrc { begin(ssrc: header.ssrc, codecs: codecs, at: arrival) }
        receiver?.receive(
            payloadType: header.payloadType, index: index, timestamp: header.timestamp, marker: header.marker,
            payload: packet.takePayload(), at: arrival)
        drain()
    }

    /// Whether a packet is of the source that the track has now.
    func follows(_ media: IncomingMedia) -> Bool { ssrc == media.ssrc }

    /// Takes a packet that follows the track's last one.
    func receive(_ media: IncomingMedia, payload: consuming ByteBuffer) {
        if let unit = receiver?.receiveNext(media, payload: payload) { hand(unit, mayWait: true) } else { drain() }
    }

    /// The round trip to the server, which comes with the sender's clocks.
    func receive(_ report: SenderReportInfo) {
        // A packet is asked for again when its loss is seen.
        if report.ssrc == ssrc, let roundTrip = report.roundTrip {
            receiver?.setRoundTripTime(roundTrip + sharedReading)
        }
    }

    func setMuted(_ muted: Bool, at now: Instant) {
        subscribed.track.isMuted = muted
        receiver?.setMuted(muted, at: now)
        drain()
    }

    var deadline: Instant? { receiver?.deadline }

    func timeout(at now: Instant) {
        guard let due = receiver?.deadline, due <= now else { return }
        receiver?.timeout(at: now)
        drain()
    }

    /// Another source is another stream: numbers and timestamps begin anew.
    private func begin(ssrc: UInt32, codecs: [Codec], at now: Instant) {
        self.ssrc = ssrc
        let opus = codecs.first { $0.isNamed("opus") }?.payloadType
        let red = codecs.first { $0.isRedundancy }?.payloadType
        guard let opus else { return }
        var configuration = AudioReceiver.Configuration()
        // Opus is negotiated with NACK; redundancy takes the place of that.
        configuration.expectsRetransmission = red == nil
        configuration.maximumPatience += sharedReading
        var receiver = AudioReceiver(
            format: AudioFormat(opusPayloadType: opus, redPayloadType: red), configuration: configuration)
        if subscribed.track.isMuted { receiver.setMuted(true, at: now) }
        self.receiver = receiver
        pipeline = try? AudioDecoderPipeline(ssrc: ssrc)
    }

    private func drain() {
        var isRegular = false
        while let unit = receiver?.pollOutput() {
            isRegular = unit.kind.isPacket
            hand(unit, mayWait: isRegular)
        }
        if !isRegular { flush() }
    }

    /// Wakes a decoder thread for the sound that waits, if any does.
    func flush() {
        guard held > 0 else { return }
        held = 0
        queue.flush()
    }

    /// - Parameter mayWait: whether packets come as they should: then the next one brings those along that wait, and where
    ///   none comes, the receiver's deadline is when silence is certain.
    private func hand(_ unit: EncodedAudioUnit, mayWait: Bool) {
        guard let pipeline else { return }
        let waits = mayWait && hasDecoded && held + unit.duration < longestWait
        held = waits ? held + unit.duration : 0
        if queue.submit(Piece(unit: unit, pipeline: pipeline, isFirst: !hasDecoded), waits: waits) {
            hasDecoded = true
        } else {
            onRejected()
        }
    }
}
