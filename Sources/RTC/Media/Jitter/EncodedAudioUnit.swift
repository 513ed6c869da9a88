import NIOCore
import SansIO

/// One step of a track's sound, in order and without holes: what to decode, or what to do in its place.
public struct EncodedAudioUnit: Sendable {
    public enum Kind: Sendable {
        /// An Opus packet that arrived.
        case packet(ByteBuffer)
        /// An Opus packet that was lost and came again as redundancy (RED) with a later one.
        case recovered(ByteBuffer)
        /// A lost frame that the packet *after* it, given here, carries at a lower rate (in-band FEC).
        case forwardErrorCorrection(next: ByteBuffer)
        /// Lost for good: conceal it.
        case lost
        /// The sender was silent on purpose (discontinuous transmission), or nothing arrived for a while.
        case discontinuous
        /// From here on nothing more is said about the track until it comes back. Its duration is zero.
        case absenceBegan
        /// The track was muted or gone for the unit's duration.
        case absent

        /// Whether it is a packet that came as it should.
        public var isPacket: Bool { if case .packet = self { true } else { false } }
    }

    public var kind: Kind
    /// Where the unit begins on the receiver's timeline: samples at 48 kHz since the start of the first packet.
    ///
    /// Each unit begins where the one before it ended. The timeline follows the sender's timestamps; where silence was
    /// already handed out for a time whose sound came later (a stalled network), the sound follows the silence, and the
    /// next silent gap is shortened by as much.
    public var position: Int64
    /// The sender's timestamp of the unit's start, unwrapped, in 48 kHz ticks.
    public var rtpTimestamp: Int64
    /// Samples at 48 kHz that the unit covers.
    public var duration: Int
    /// When what the unit is made of arrived; for silence, when it was handed out.
    public var arrival: Instant

    public init(kind: Kind, position: Int64, rtpTimestamp: Int64, duration: Int, arrival: Instant) {
        self.kind = kind
        self.position = position
        self.rtpTimestamp = rtpTimestamp
        self.duration = duration
        self.arrival = arrival
    }
}
