/// Counters of an association, since its start.
public struct SCTPStatistics: Hashable, Sendable {
    public var sentPackets = 0
    public var receivedPackets = 0
    /// Packets that were dropped: malformed, wrong checksum, tag or port.
    public var discardedPackets = 0
    /// DATA chunks, retransmissions included.
    public var sentChunks = 0
    public var retransmittedChunks = 0
    public var receivedChunks = 0
    public var duplicateChunks = 0
    /// DATA chunks that found no room.
    public var droppedChunks = 0
    /// DATA chunks given up by partial reliability.
    public var abandonedChunks = 0
    /// Times that the retransmission timer ran out.
    public var timeouts = 0
    /// Loss episodes seen without a timeout.
    public var fastRecoveries = 0

    public init() {}
}
