import NIOCore
import RTCCore
import SansIO

/// One published track on its way to one subscriber.
final class Downtrack {
    let track: ForwardedTrack
    let transceiver: TransceiverID
    private(set) var isPaused = false
    /// Whether something was forwarded since subscribing or going on.
    private(set) var hasStarted = false
    private var rewriter: StreamRewriter
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

    func pause(_ isPaused: Bool) {
        self.isPaused = isPaused
        hasStarted = false
        rewriter.interrupt()
    }

    func negotiated() { mappings = [:] }

    /// Sends a packet on if the subscriber can take it.
    func forward(_ received: ReceivedRTP, over connection: inout PeerConnection, at now: Instant) {
        guard !isPaused, let mapping = mapping(of: received.codec, connection),
            let payload = mapping.apply(to: received.packet.payload)
        else { return }
        let header = received.packet.header
        let place = rewriter.rewrite(
            number: header.sequenceNumber, time: header.timestamp, ssrc: header.ssrc,
            clockRate: received.codec.clockRate, at: now)
        let packet = OutgoingRTP(
            payloadType: mapping.payloadType, marker: header.marker, sequenceNumber: place.number,
            timestamp: place.time, payload: payload)
        if connection.sendRTP(packet, on: transceiver, at: now) { hasStarted = true }
    }

    private func mapping(of codec: Codec, _ connection: PeerConnection) -> PayloadMapping? {
        if let known = mappings[codec] { return known }
        let agreed = connection.codecs(of: transceiver)
        let found = PayloadMapping(codec, to: agreed)
        // Before the first answer nothing is agreed: that is no finding.
        if !agreed.isEmpty { mappings[codec] = .some(found) }
        return found
    }
}
