import RTCCore
import SansIO

/// One track that a client publishes: the sources of its layers, and what is known of them.
final class Uptrack {
    /// One layer's source.
    private struct Source {
        let ssrc: UInt32
        var lastPacket: Instant
        var lastKeyFrameRequest: Instant?
        var meter = FrameRateMeter()
    }

    /// Nothing for so long: the layer is not sent.
    private static let patience = Duration.milliseconds(1000)
    /// Key frames are large.
    private static let keyFrameSpacing = Duration.milliseconds(500)

    var layout: SimulcastLayout
    /// The publisher said so; what it sends all the same is not forwarded.
    var isMuted = false
    /// By layer, smallest first.
    private var sources: [Source?] = Array(repeating: nil, count: SimulcastLayout.mostLayers)
    private var lastEstimate: Instant?

    init(layout: SimulcastLayout) { self.layout = layout }

    var hasStarted: Bool { sources.contains { $0 != nil } }
    var activeSources: [UInt32] { sources.compactMap { $0?.ssrc } }

    func source(of layer: Int) -> UInt32? { sources.indices.contains(layer) ? sources[layer]?.ssrc : nil }

    /// The layer that a packet belongs to; `nil` where it is not to be forwarded.
    ///
    /// Without simulcast one source is taken, and another only when that one has fallen silent.
    func layer(of received: ReceivedRTP, streamID: (UInt32) -> String?) -> Int? {
        let ssrc = received.packet.header.ssrc
        if let known = sources.firstIndex(where: { $0?.ssrc == ssrc }) {
            sources[known]?.lastPacket = received.arrival
            return known
        }
        let layer = layout.isSimulcast ? layout.layer(ofSource: ssrc, streamID: streamID(ssrc)) : 0
        guard let layer else { return nil }
        if !layout.isSimulcast, let other = sources[layer], received.arrival - other.lastPacket <= Self.patience {
            return nil
        }
        sources[layer] = Source(ssrc: ssrc, lastPacket: received.arrival)
        return layer
    }

    /// The layers from which something comes.
    func live(at now: Instant) -> [Int] {
        sources.indices.filter { layer in sources[layer].map { now - $0.lastPacket <= Self.patience } ?? false }
    }

    func count(_ facts: PictureFacts, layer: Int, at now: Instant) {
        guard facts.beginsPicture else { return }
        sources[layer]?.meter.count(temporal: facts.temporal, at: now)
    }

    /// The highest temporal layer that is needed for so many pictures a second.
    func temporalLimit(for rate: UInt32, layer: Int) -> UInt8 { sources[layer]?.meter.limit(for: rate) ?? .max }

    /// Whether a key frame of the layer may be asked for; it then is.
    func mayAskForKeyFrame(of layer: Int, at now: Instant) -> Bool {
        if let last = sources[layer]?.lastKeyFrameRequest, now - last < Self.keyFrameSpacing { return false }
        sources[layer]?.lastKeyFrameRequest = now
        return true
    }

    /// Whether the publisher is to be told again what it may send: once a second.
    func mayTellEstimate(at now: Instant) -> Bool {
        if let lastEstimate, now - lastEstimate < .seconds(1) { return false }
        lastEstimate = now
        return true
    }
}

/// A packet of a published track on its way to the subscribers.
struct UptrackPacket {
    let received: ReceivedRTP
    let track: Uptrack
    let layer: Int
    /// The layers from which something comes.
    let live: [Int]
    /// `nil` of sound.
    let facts: PictureFacts?
}
