import RTCCore
import SansIO

/// One track that a client publishes: which of its sources is forwarded.
///
/// A simulcast track has one source a layer; one of them is taken, and another only when that one has fallen silent.
final class Uptrack {
    private(set) var source: UInt32?
    /// The publisher said so; what it sends all the same is not forwarded.
    var isMuted = false
    private var lastPacket = Instant.zero
    private var lastKeyFrameRequest: Instant?

    private static let patience = Duration.milliseconds(1000)

    /// Whether the packet is of the source that is forwarded.
    func selects(_ received: ReceivedRTP) -> Bool {
        let ssrc = received.packet.header.ssrc
        if source != ssrc {
            guard source == nil || received.arrival - lastPacket > Self.patience else { return false }
            source = ssrc
        }
        lastPacket = received.arrival
        return true
    }

    /// Key frames are large: at most two a second.
    func mayAskForKeyFrame(at now: Instant) -> Bool {
        if let last = lastKeyFrameRequest, now - last < .milliseconds(500) { return false }
        lastKeyFrameRequest = now
        return true
    }
}
