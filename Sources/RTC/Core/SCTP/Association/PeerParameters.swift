/// What the peer announced in INIT or INIT ACK.
struct PeerParameters {
    var tag: UInt32
    var initialTSN: TSN
    var window: UInt32
    /// How many of our streams the peer accepts.
    var inboundStreams: UInt16
    var supportsForwardTSN: Bool
    var supportsReconfiguration: Bool

    init(_ chunk: InitChunk) {
        tag = chunk.initiateTag
        initialTSN = chunk.initialTSN
        window = chunk.advertisedWindow
        inboundStreams = chunk.inboundStreams
        supportsForwardTSN = chunk.supports(.forwardTSN)
        supportsReconfiguration = chunk.supports(.reconfiguration)
    }
}
