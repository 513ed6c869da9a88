import Inference
import SansIO

/// Where the time that decoding a camera takes is charged.
struct DecodingAccount: Sendable {
    /// How long this thread has been on a processor.
    var threadTime: @Sendable () -> Duration
    /// Tells of a frame, and learns which are decoded from then on.
    var frame: @Sendable (_ cost: FrameCost, _ now: Instant) -> DecodingPlan
}
