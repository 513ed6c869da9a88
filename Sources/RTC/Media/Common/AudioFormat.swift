/// How the audio of one track is carried: the payload types that negotiation gave to Opus and to RED.
public struct AudioFormat: Hashable, Sendable {
    /// The RTP clock of Opus, whatever the coded bandwidth (RFC 7587 §4.1).
    public static let opusClockRate = 48_000

    /// Payload type of plain Opus packets; also that of the blocks inside RED.
    public var opusPayloadType: UInt8
    /// Payload type of redundant packets (RFC 2198), or `nil` where RED was not negotiated.
    public var redPayloadType: UInt8?
    /// Ticks of the RTP timestamp per second.
    public var clockRate: Int { Self.opusClockRate }

    public init(opusPayloadType: UInt8 = 111, redPayloadType: UInt8? = 63) {
        self.opusPayloadType = opusPayloadType
        self.redPayloadType = redPayloadType
    }
}
