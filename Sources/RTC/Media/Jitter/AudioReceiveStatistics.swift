import SansIO

/// What has become of a track's packets and sound since its first packet.
public struct AudioReceiveStatistics: Hashable, Sendable {
    /// Packets handed in, whatever became of them.
    public var received = 0
    /// Packets whose payload could not be parsed.
    public var malformed = 0
    /// Packets of a payload type that is not this track's audio (comfort noise, telephone events).
    public var otherPayloadTypes = 0
    /// Packets without a payload: padding, probes.
    public var empty = 0
    /// Packets that came a second time.
    public var duplicates = 0
    /// Packets that a later one overtook, but that came in time.
    public var reordered = 0
    /// Packets that came after their place had been filled or given up.
    public var late = 0
    /// Packets that did not come in time and that redundancy did not replace.
    public var lost = 0
    /// Packets replaced by a RED block of a later packet.
    public var recoveredByRedundancy = 0
    /// Of the lost packets, those whose sound came from in-band forward error correction.
    public var recoveredByForwardErrorCorrection = 0
    /// Sound given to the decoder to conceal, in samples at 48 kHz.
    public var concealedSamples: Int64 = 0
    /// Silence handed out, in samples at 48 kHz.
    public var discontinuousSamples: Int64 = 0
    /// Gaps in the sender's timestamps without a packet lost: silence by discontinuous transmission.
    public var discontinuousGaps = 0
    /// Muted or otherwise absent time, in samples at 48 kHz.
    public var absentSamples: Int64 = 0
    /// Times that the sender's sequence numbers or timestamps began anew.
    public var restarts = 0
    /// Units dropped because nobody took them.
    public var droppedUnits = 0
    /// The longest and the total time that packets were held back; zero as long as they come in order.
    public var longestAddedDelay: Duration = .zero
    public var totalAddedDelay: Duration = .zero
    /// How long a missing packet is waited for at the moment.
    public var patience: Duration = .zero
    /// How far the silence clock stays behind at the moment.
    public var silencePatience: Duration = .zero

    public init() {}
}
