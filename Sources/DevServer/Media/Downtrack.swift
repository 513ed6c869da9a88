import NIOCore
import RTCCore
import RTCNetwork
import SansIO

/// One published track on its way to one subscriber.
final class Downtrack {
    let track: ForwardedTrack
    let transceiver: TransceiverID
    private(set) var isPaused = false
    /// Whether something was forwarded since subscribing or going on.
    private(set) var hasStarted = false
    /// Whether the client knows what it is sent here: what came before would be nobody's to it.
    private(set) var isNegotiated = false
    /// The blank frames that are being sent.
    private var blanks: BlankRun?
    /// What the subscriber was sent last.
    private var lastCodec: Codec?
    private var rewriter: StreamRewriter
    private var selector = LayerSelector()
    private var vp8 = VP8Rewriter()
    /// What was found for each of the publisher's codecs; forgotten when the subscriber answers again.
    private var mappings: [Codec: PayloadMapping?] = [:]

    init(_ track: ForwardedTrack, transceiver: TransceiverID, random: inout RandomSource) {
        self.track = track
        self.transceiver = transceiver
        // Below the middle, so that receivers see no wrap in the first seconds.
        rewriter = StreamRewriter(
            firstNumber: UInt16.random(in: 1..<0x8000, using: &random),
            firstTime: UInt32.random(in: 1..<0x8000_0000, using: &random))
    }

    /// What the subscriber wants at most.
    var wish: VideoWish {
        get { selector.wish }
        set { selector.wish = newValue }
    }

    /// The layer that is sent.
    var layer: Int? { selector.current }

    func pause(_ isPaused: Bool) {
        self.isPaused = isPaused
        mute()
    }

    /// The publisher fell silent, or goes on: what comes next continues the stream.
    func mute() {
        endBlanks()
        hasStarted = false
        selector.interrupt()
        interrupt()
    }

    private func interrupt() {
        rewriter.interrupt()
        vp8.interrupt()
    }

    func negotiated() {
        isNegotiated = true
        mappings = [:]
    }

    /// Sends blank frames of what was sent last, instead of those that are being sent.
    ///
    /// - Parameter ended: called after the last one, or at once where there are none to be sent.
    func sendBlanks(for duration: Duration, over driver: PeerConnectionDriver, ended: @escaping () -> Void = {}) {
        endBlanks()
        // They would have to be marked as the server's own for a client to leave them undecrypted.
        guard !isPaused, !track.isEncrypted, let codec = lastCodec, let frame = BlankFrame(for: codec) else {
            return ended()
        }
        let run = BlankRun(every: frame.interval, for: duration, on: driver.eventLoop) { [weak self] in
            driver.perform { connection, now in self?.send(frame, as: codec, over: &connection, at: now) }
        } ended: { [weak self] in
            self?.blanks = nil
            ended()
        }
        blanks = run
        run.begin()
    }

    func endBlanks() {
        blanks?.cancel()
        blanks = nil
    }

    private func send(_ frame: BlankFrame, as codec: Codec, over connection: inout PeerConnection, at now: Instant) {
        let place = rewriter.insert(ticks: frame.ticks, at: now)
        let packet = OutgoingRTP(
            payloadType: codec.payloadType, marker: true, sequenceNumber: place.number, timestamp: place.time,
            payload: frame.payload)
        _ = connection.sendRTP(packet, on: transceiver, at: now)
    }

    /// Sends a packet on if the subscriber can take it and wants its layer.
    /// - Returns: the layer of which a key frame is needed.
    func forward(_ packet: UptrackPacket, over connection: inout PeerConnection, at now: Instant) -> Int? {
        guard isNegotiated, !isPaused, let mapping = mapping(of: packet.received.codec, connection) else { return nil }
        guard let facts = packet.facts else {
            send(packet, as: mapping, marker: false, over: &connection, at: now)
            return nil
        }
        let limit = packet.track.temporalLimit(for: wish.rate, layer: packet.layer)
        let choice = selector.choose(facts, layer: packet.layer, live: packet.live, temporalLimit: limit)
        switch choice {
        case .ignore: break
        case .leaveOut(let isWanted):
            leaveOut(packet, as: mapping, over: &connection, at: now)
            if isWanted { return packet.layer }
        case .send(let isFirst, let marker):
            if isFirst { interrupt() }
            send(packet, as: mapping, marker: marker, over: &connection, at: now)
        }
        return selector.missing(of: packet.live)
    }

    private func send(
        _ packet: UptrackPacket, as mapping: PayloadMapping, marker: Bool, over connection: inout PeerConnection,
        at now: Instant
    ) {
        let header = packet.received.packet.header
        guard var payload = mapping.apply(to: packet.received.packet.payload),
            let place = rewriter.rewrite(
                number: packet.received.index, time: header.timestamp, ssrc: header.ssrc,
                clockRate: packet.received.codec.clockRate, at: now)
        else { return }
        if let descriptor = packet.facts?.vp8 {
            guard let rewritten = vp8.rewrite(payload, descriptor) else { return }
            payload = rewritten
        }
        let outgoing = OutgoingRTP(
            payloadType: mapping.payloadType, marker: header.marker || marker, sequenceNumber: place.number,
            timestamp: place.time, payload: payload)
        guard connection.sendRTP(outgoing, on: transceiver, at: now) else { return }
        hasStarted = true
        if lastCodec?.payloadType != mapping.payloadType {
            lastCodec = connection.codecs(of: transceiver).first { $0.payloadType == mapping.payloadType }
        }
    }

    /// A packet that came too late to close up after it is sent without what is in it, so that nobody asks for it.
    private func leaveOut(
        _ packet: UptrackPacket, as mapping: PayloadMapping, over connection: inout PeerConnection, at now: Instant
    ) {
        if let descriptor = packet.facts?.vp8 { vp8.leaveOut(descriptor) }
        let header = packet.received.packet.header
        guard
            let place = rewriter.leaveOut(
                number: packet.received.index, time: header.timestamp, ssrc: header.ssrc)
        else { return }
        let empty = OutgoingRTP(
            payloadType: mapping.payloadType, marker: false, sequenceNumber: place.number, timestamp: place.time,
            payload: ByteBuffer())
        _ = connection.sendRTP(empty, on: transceiver, at: now)
    }

    private func mapping(of codec: Codec, _ connection: borrowing PeerConnection) -> PayloadMapping? {
        if let known = mappings[codec] { return known }
        let agreed = connection.codecs(of: transceiver)
        let found = PayloadMapping(codec, to: agreed)
        // Before the first answer nothing is agreed: that is no finding.
        if !agreed.isEmpty { mappings[codec] = .some(found) }
        return found
    }
}
