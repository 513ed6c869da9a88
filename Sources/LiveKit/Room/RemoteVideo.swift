import NIOCore
import RTCCore
import RTCMedia
import SansIO

/// The pictures of one track that is looked at: assembled on the loop, encoded frames to the sink.
final class RemoteVideo {
    var subscribed: SubscribedTrack
    private(set) var receiver: VideoReceiver?
    private(set) var sink: VideoSink
    private(set) var ssrc: UInt32?
    /// Asks for a key frame of a source.
    private let requestKeyFrame: (UInt32) -> Void

    init(subscribed: SubscribedTrack, sink: VideoSink, requestKeyFrame: @escaping (UInt32) -> Void) {
        self.subscribed = subscribed
        self.sink = sink
        self.requestKeyFrame = requestKeyFrame
    }

    func receive(_ packet: consuming ReceivedRTP, formats: [VideoFormat]) {
        let (header, index, arrival) = (packet.packet.header, packet.index, packet.arrival)
        // Another source is another stream; other formats come with another negotiation.
        if ssrc != header.ssrc || receiver?.formats != formats {
            begin(ssrc: header.ssrc, formats: formats, at: arrival)
        }
        receiver?.receive(
            payloadType: header.payloadType, index: index, timestamp: header.timestamp, marker: header.marker,
            payload: packet.takePayload(), at: arrival)
        drain()
    }

    /// Whether a packet is of the source that the track has now.
    func follows(_ media: IncomingMedia) -> Bool { ssrc == media.ssrc }

    /// Takes a packet that follows the track's last one.
    func receive(_ media: IncomingMedia, payload: ByteBuffer) {
        receiver?.receive(
            payloadType: media.payloadType, index: media.index, timestamp: media.timestamp, marker: media.marker,
            payload: payload, at: media.arrival)
        drain()
    }

    func receive(_ padding: ReceivedPadding) {
        guard padding.ssrc == ssrc else { return }
        receiver?.receive(
            payloadType: 0, index: padding.index, timestamp: 0, marker: false, payload: ByteBuffer(),
            at: padding.arrival)
        drain()
    }

    func packetsGivenUp(_ packets: GivenUpPackets, at now: Instant) {
        guard packets.ssrc == ssrc else { return }
        receiver?.packetsGivenUp(through: packets.highestIndex, at: now)
        drain()
    }

    func decodingFailed(at now: Instant) {
        receiver?.decodingFailed(at: now)
        drain()
    }

    func needsKeyFrame(at now: Instant) {
        receiver?.needsKeyFrame(at: now)
        drain()
    }

    func setMuted(_ muted: Bool, at now: Instant) {
        subscribed.track.isMuted = muted
        receiver?.setMuted(muted, at: now)
        drain()
    }

    func set(_ setting: VideoSetting) {
        sink.setting = setting
        apply()
    }

    /// The section carries it no more: what comes next is another source.
    func ended() {
        receiver = nil
        ssrc = nil
    }

    var deadline: Instant? { receiver?.deadline }

    func timeout(at now: Instant) {
        guard let due = receiver?.deadline, due <= now else { return }
        receiver?.timeout(at: now)
        drain()
    }

    private func begin(ssrc: UInt32, formats: [VideoFormat], at now: Instant) {
        self.ssrc = ssrc
        receiver = VideoReceiver(formats: formats)
        apply()
        if subscribed.track.isMuted { receiver?.setMuted(true, at: now) }
    }

    private func apply() {
        receiver?.maximumTemporalLayer = sink.setting.maximumTemporalLayer
        receiver?.skipsDiscardable = sink.setting.skipsDiscardable
    }

    private func drain() {
        while let output = receiver?.pollOutput() {
            switch output {
            case .frame(let frame): sink.receive(frame)
            case .keyFrameRequest: if let ssrc { requestKeyFrame(ssrc) }
            }
        }
    }
}
