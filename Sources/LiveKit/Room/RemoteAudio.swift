import NIOCore
import RTCCore
import RTCMedia
import SansIO

/// The sound of one subscribed track: jitter buffer on the loop, decoder on the pool, frames to the sink.
final class RemoteAudio {
    /// Sound that may wait for a decoder thread: 5 s at 20 ms.
    private static let queueCapacity = 256

    var subscribed: SubscribedTrack
    private(set) var receiver: AudioReceiver?
    private var ssrc: UInt32?
    private var pipeline: AudioDecoderPipeline?
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

    /// - Parameter onFirstFrame: called on a decoder thread with the first decoded frame.
    init(
        subscribed: SubscribedTrack, pool: ThreadPool, sink: @escaping @Sendable (AudioFrame) -> Void,
        onFirstFrame: @escaping @Sendable () -> Void, onRejected: @escaping () -> Void
    ) {
        self.subscribed = subscribed
        self.onRejected = onRejected
        queue = pool.makeQueue(capacity: Self.queueCapacity) { piece in
            for frame in piece.pipeline.process(piece.unit) { sink(frame) }
            if piece.isFirst { onFirstFrame() }
        }
    }

    func receive(_ packet: consuming ReceivedRTP, codecs: [Codec]) {
        let (header, index, arrival) = (packet.packet.header, packet.index, packet.arrival)
        if ssrc != header.ssrc { begin(ssrc: header.ssrc, codecs: codecs, at: arrival) }
        receiver?.receive(
            payloadType: header.payloadType, index: index, timestamp: header.timestamp, marker: header.marker,
            payload: packet.takePayload(), at: arrival)
        drain()
    }

    /// Takes a packet that follows the track's last one.
    /// - Returns: whether it is of the source that the track has now.
    func receive(_ media: IncomingMedia, payload: ByteBuffer) -> Bool {
        guard ssrc == media.ssrc else { return false }
        if let unit = receiver?.receiveNext(media, payload: payload) { hand(unit) } else { drain() }
        return true
    }

    /// The round trip to the server, which comes with the sender's clocks.
    func receive(_ report: SenderReportInfo) {
        if report.ssrc == ssrc, let roundTrip = report.roundTrip { receiver?.setRoundTripTime(roundTrip) }
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
        var receiver = AudioReceiver(
            format: AudioFormat(opusPayloadType: opus, redPayloadType: red), configuration: configuration)
        if subscribed.track.isMuted { receiver.setMuted(true, at: now) }
        self.receiver = receiver
        pipeline = try? AudioDecoderPipeline(ssrc: ssrc)
    }

    private func drain() {
        while let unit = receiver?.pollOutput() { hand(unit) }
    }

    private func hand(_ unit: EncodedAudioUnit) {
        guard let pipeline else { return }
        if queue.submit(Piece(unit: unit, pipeline: pipeline, isFirst: !hasDecoded)) {
            hasDecoded = true
        } else {
            onRejected()
        }
    }
}
