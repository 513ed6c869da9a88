import SansIO

extension VideoReceiver {
    /// The settings of a ``VideoReceiver``.
    public struct Configuration: Sendable {
        /// How long frames that can be decoded wait for missing packets that they do not need.
        public var reorderingPatience: Duration = .milliseconds(100)
        /// How long missing packets that are needed are waited for, unless it is told before that they will not come.
        public var repairPatience: Duration = .milliseconds(600)
        /// The least and the most time between two requests for a key frame; it doubles from one to the next.
        public var requestInterval: Duration = .milliseconds(500)
        public var longestRequestInterval: Duration = .seconds(4)
        /// After a blank frame, which ends what a source sent, a key frame is expected without being asked for.
        public var blankPatience: Duration = .seconds(1)
        /// Packets that may wait, from the oldest to the newest; at most 2048.
        public var maximumPackets = 2048
        /// Bytes of payload that may wait.
        public var maximumBytes = 4 << 20
        /// Frames that may be in assembly.
        public var maximumFrames = 64
        /// Frames that may wait for a consumer; beyond it, new ones are dropped up to the next key frame.
        public var maximumQueuedFrames = 64

        public init() {}
    }
}
