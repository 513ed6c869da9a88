import SansIO

/// A piece of a track's sound as 16-bit mono PCM, with its place on the track's timeline.
public struct AudioFrame: Sendable {
    /// Where the samples come from.
    public enum Kind: Hashable, Sendable {
        /// Decoded from a packet.
        case decoded
        /// Decoded from redundancy: a RED block, or in-band forward error correction.
        case recovered
        /// Made up by the decoder because the packet was lost.
        case concealed
        /// Zeros where the sender was silent on purpose (discontinuous transmission), or nothing arrived for a while.
        case discontinuous
        /// No samples: the track was muted or gone for the frame's duration, or (duration zero) absence begins here.
        case absent
    }

    /// Mono samples at the pipeline's rate, 16 kHz unless told otherwise; empty when the kind is `absent`.
    public var samples: [Int16]
    /// The start of the first sample.
    public var start: MediaTime
    /// How much of the timeline the frame covers.
    public var duration: Duration
    public var kind: Kind
    /// The synchronisation source the sound was sent under.
    public var ssrc: UInt32
    /// The sender's timestamp of the first sample, unwrapped, in 48 kHz ticks.
    public var rtpTimestamp: Int64
    /// When what the frame is made of arrived; for silence, when it was handed out. Decoding comes later.
    public var arrival: Instant

    public init(
        samples: [Int16], start: MediaTime, duration: Duration, kind: Kind, ssrc: UInt32, rtpTimestamp: Int64,
        arrival: Instant
    ) {
        self.samples = samples
        self.start = start
        self.duration = duration
        self.kind = kind
        self.ssrc = ssrc
        self.rtpTimestamp = rtpTimestamp
        self.arrival = arrival
    }
}
