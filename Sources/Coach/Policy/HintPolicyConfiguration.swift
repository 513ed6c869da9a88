import Settings

extension HintPolicy {
    /// When and how often hints are given: what the section `policy` of the settings says.
    public struct Configuration: Sendable, Hashable {
        /// From the last delivered hint to the next unasked one.
        public var cooldown: Duration
        /// From the last delivered hint to the next requested one.
        public var requestCooldown: Duration
        /// From the session's start, for unasked hints.
        public var quietStart: Duration
        /// From one ask of the coach to the next unasked one, and from one requested to the next requested, also when
        /// nothing was delivered.
        public var spacing: Duration
        /// Delivered hints in a session.
        public var budget: Int
        /// An unasked moment below this is dropped.
        public var minimumConfidence: Double
        ///
        public var firstTier: Int
        ///
        public var tierCeiling: Int
        /// For how long after a hint, without progress, the next one goes a tier up.
        public var escalationWindow: Duration
        /// How long the candidate must not have typed before the coach is asked.
        public var settle: Duration
        /// How long a moment may wait for a boundary.
        public var maximumWait: Duration
        /// An interviewer's turn of at least this length ends what is held; after a shorter one it is still meant.
        public var otherTurn: Duration

        public init(
            cooldown: Duration = Schema.policy.cooldown.defaultValue,
            requestCooldown: Duration = Schema.policy.requestCooldown.defaultValue,
            quietStart: Duration = Schema.policy.quietStart.defaultValue,
            spacing: Duration = Schema.policy.spacing.defaultValue, budget: Int = Schema.policy.budget.defaultValue,
            minimumConfidence: Double = Schema.policy.minimumConfidence.defaultValue,
            firstTier: Int = Schema.policy.firstTier.defaultValue,
            tierCeiling: Int = Schema.policy.tierCeiling.defaultValue,
            escalationWindow: Duration = Schema.policy.escalationWindow.defaultValue,
            settle: Duration = Schema.policy.settle.defaultValue,
            maximumWait: Duration = Schema.policy.maximumWait.defaultValue,
            otherTurn: Duration = Schema.pause.otherTurn.defaultValue
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
            self.otherTurn = otherTurn
        }

        /// From the settings that count.
        public init(_ settings: Settings.Configuration) {
            self.init(
                cooldown: settings[Schema.policy.cooldown], requestCooldown: settings[Schema.policy.requestCooldown],
                quietStart: settings[Schema.policy.quietStart], spacing: settings[Schema.policy.spacing],
                budget: settings[Schema.policy.budget], minimumConfidence: settings[Schema.policy.minimumConfidence],
                firstTier: settings[Schema.policy.firstTier], tierCeiling: settings[Schema.policy.tierCeiling],
                escalationWindow: settings[Schema.policy.escalationWindow], settle: settings[Schema.policy.settle],
                maximumWait: settings[Schema.policy.maximumWait],
                otherTurn: settings[Schema.pause.otherTurn])
        }
    }
}
