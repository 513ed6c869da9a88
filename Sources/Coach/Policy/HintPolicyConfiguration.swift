extension HintPolicy {
    /// When and how often hints are given.
    public struct Configuration: Sendable, Hashable {
        /// From the last delivered hint to the next unasked one. Default 120 s; 0 s…1 h.
        public var cooldown: Duration
        /// From the last delivered hint to the next requested one. Default 20 s; 0 s…1 h.
        public var requestCooldown: Duration
        /// From the session's start, for unasked hints. Default 60 s; 0 s…1 h.
        public var quietStart: Duration
        /// From one ask of the coach to the next unasked one, and from one requested to the next requested, also when
        /// nothing was delivered. Default 5 s; 0 s…10 min.
        public var spacing: Duration
        /// Delivered hints in a session. Default 10; 0…1000.
        public var budget: Int
        /// An unasked moment below this is dropped. Default 0.3; 0…1.
        public var minimumConfidence: Double
        /// Default 1; 1…`tierCeiling`.
        public var firstTier: Int
        /// Default 2; 0…2, where 0 means no hints.
        public var tierCeiling: Int
        /// For how long after a hint, without progress, the next one goes a tier up. Default 10 min; 0 s…4 h.
        public var escalationWindow: Duration
        /// How long the candidate must not have typed before the coach is asked. Default 2 s; 0 s…1 min.
        public var settle: Duration
        /// How long a moment may wait for a boundary. Default 15 s; 0 s…5 min.
        public var maximumWait: Duration

        public init(
            cooldown: Duration = .seconds(120), requestCooldown: Duration = .seconds(20),
            quietStart: Duration = .seconds(60), spacing: Duration = .seconds(5), budget: Int = 10,
            minimumConfidence: Double = 0.3, firstTier: Int = 1, tierCeiling: Int = 2,
            escalationWindow: Duration = .seconds(600), settle: Duration = .seconds(2),
            maximumWait: Duration = .seconds(15)
        ) {
            self.cooldown = cooldown
            self.requestCooldown = requestCooldown
            self.quietStart = quietStart
            self.spacing = spacing
            self.budget = budget
            self.minimumConfidence = minimumConfidence
            self.firstTier = firstTier
            self.tierCeiling = tierCeiling
            self.escalationWindow = escalationWindow
            self.settle = settle
            self.maximumWait = maximumWait
        }
    }
}
