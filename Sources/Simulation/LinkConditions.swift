/// What one direction of a simulated path does to packets.
public struct LinkConditions: Sendable {
    /// Probability that a packet is lost, independently of others, 0...1.
    public var loss: Double = 0
    /// Losses in bursts (Gilbert–Elliott), on top of `loss`.
    public var burst: BurstLoss?
    /// One-way propagation delay.
    public var delay: Duration = .milliseconds(10)
    /// Largest extra delay, uniformly distributed. It does not reorder by itself.
    public var jitter: Duration = .zero
    /// Probability that a packet is held back by `reorderDelay`, so that later ones overtake it, 0...1.
    public var reorder: Double = 0
    /// How long a reordered packet is held back.
    public var reorderDelay: Duration = .milliseconds(15)
    /// Probability that a packet arrives twice, 0...1.
    public var duplication: Double = 0
    /// Bottleneck rate in bits per second; `nil` is unlimited.
    public var rate: Double?
    /// Bytes that may wait at the bottleneck before packets are dropped.
    public var queueBytes: Int = 256 * 1024
    /// Largest packet that passes, in bytes; larger ones vanish.
    public var maximumPacketBytes: Int = .max

    public init() {}

    /// A path with independent loss and nothing else but its delay.
    public static func lossy(_ loss: Double, delay: Duration = .milliseconds(10)) -> LinkConditions {
        var conditions = LinkConditions()
        conditions.loss = loss
        conditions.delay = delay
        return conditions
    }

    /// The two-state Gilbert–Elliott model, stepped once a packet.
    public struct BurstLoss: Sendable {
        /// Probability to enter the bad state, 0...1.
        public var enter: Double
        /// Probability to leave the bad state, 0...1.
        public var leave: Double
        /// Loss in the bad state, 0...1.
        public var loss: Double

        public init(enter: Double, leave: Double, loss: Double) {
            self.enter = enter
            self.leave = leave
            self.loss = loss
        }
    }
}
