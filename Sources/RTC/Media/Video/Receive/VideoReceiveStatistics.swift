/// What has become of a track's packets and frames since its first packet.
public struct VideoReceiveStatistics: Hashable, Sendable {
    /// Packets handed in, whatever became of them.
    public var received = 0
    /// Packets whose payload could not be parsed.
    public var malformed = 0
    /// Packets of a payload type that is not this track's video.
    public var otherPayloadTypes = 0
    /// Packets without a payload: padding, probes.
    public var padding = 0
    /// Packets that came a second time while their frame was not whole.
    public var duplicates = 0
    /// Packets that came after their frame was handed out or given up, or again.
    public var late = 0
    /// Frames handed out, and the key frames among them.
    public var frames = 0
    public var keyFrames = 0
    /// Frames given up because packets of them did not come.
    public var incomplete = 0
    /// Whole frames not handed out because something that they refer to was not.
    public var undecodable = 0
    /// Whole frames whose bytes make no sense.
    public var malformedFrames = 0
    /// Frames left out because their temporal layer or they themselves were not wanted.
    public var skipped = 0
    /// Frames of at most 16×16, with which servers end a source: they are not handed out.
    public var blank = 0
    /// Frames dropped because nobody took those before them.
    public var dropped = 0
    /// Requests for a key frame.
    public var keyFrameRequests = 0
    /// Times that the source began its sequence numbers anew.
    public var restarts = 0
    /// Times that a bound on what may wait was hit.
    public var overflows = 0

    public init() {}
}
