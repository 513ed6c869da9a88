import SansIO

extension AudioReceiver {
    /// The settings of an ``AudioReceiver``.
    public struct Configuration: Sendable {
        /// The least time to wait for a packet that a later one overtook.
        public var minimumPatience: Duration = .milliseconds(20)
        /// How long to wait for it before there is experience with the path.
        public var initialPatience: Duration = .milliseconds(60)
        /// The most time to wait for it. What comes later counts as lost.
        public var maximumPatience: Duration = .milliseconds(150)
        /// Whether the sender repeats packets on request, so that waiting for a round trip makes sense. Where RED is
        /// negotiated, LiveKit does not.
        public var expectsRetransmission = false
        /// The least time by which the silence clock stays behind the path's fastest packets.
        public var minimumSilencePatience: Duration = .milliseconds(60)
        /// The most time by which it stays behind them.
        public var maximumSilencePatience: Duration = .milliseconds(200)
        /// How much silence the silence clock hands out at a time.
        public var silenceGranularity: Duration = .milliseconds(60)
        /// After this much silence without any packet the track counts as absent. Opus refreshes every 400 ms.
        public var absenceAfter: Duration = .seconds(2)
        /// A timestamp that runs ahead of the time passed by more than this is a restart, not silence.
        public var timestampTolerance: Duration = .seconds(5)
        /// Units that may wait for a consumer; beyond it the oldest are dropped and counted.
        public var maximumQueuedUnits = 1024

        public init() {}
    }
}
