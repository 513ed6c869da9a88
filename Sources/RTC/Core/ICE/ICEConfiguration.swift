extension ICEAgent {
    /// Timers and bounds of an agent.
    public struct Configuration: Sendable {
        /// Least time between two first transmissions of checks, Ta (RFC 8445 §14.2; 50 ms there, never under 5 ms).
        public var pacing: Duration = .milliseconds(20)
        /// Wait for an answer to a check before it is sent again; doubles each time (RFC 8445 §14.3 has 500 ms).
        public var initialRetransmission: Duration = .milliseconds(200)
        /// Largest wait between two transmissions of a check.
        public var maximumRetransmission: Duration = .milliseconds(800)
        /// How often one check is sent before its pair has failed. With the waits above that takes 9.4 s.
        public var maximumTransmissions: Int = 12
        /// Rest before failed pairs are tried again, while no pair has worked and ``patience`` lasts.
        public var failedPairRest: Duration = .seconds(2)
        /// Least time that an agent keeps trying, from the peer's credentials on (RFC 8863 §4: 39.5 s).
        public var patience: Duration = .milliseconds(39_500)
        /// How long a controlling agent lets better pairs than the best valid one go on before it nominates.
        public var nominationWait: Duration = .milliseconds(100)

        /// Mean time between answered consent checks; each is drawn from 0.8...1.2 of it (RFC 7675 §5.1: 5 s).
        public var consentInterval: Duration = .seconds(2)
        /// Time to the next consent check while the last one is unanswered.
        public var consentRetryInterval: Duration = .milliseconds(500)
        /// Time without a consent answer after which the other pairs are checked again, and one of them may take over. An
        /// answer that comes later is told (``Event/answeredAgain``).
        public var fallbackTimeout: Duration = .seconds(3)
        /// Time between two rounds of such checks.
        public var fallbackInterval: Duration = .seconds(5)
        /// Time without a consent answer after which the state is ``State/disconnected``. Data may still be sent.
        public var disconnectedTimeout: Duration = .seconds(10)
        /// Time without a consent answer after which sending must cease: ``State/failed`` (RFC 7675 §5.1: 30 s).
        public var consentTimeout: Duration = .seconds(30)
        /// Quiet time after which a lower pair that the controlling peer nominates counts as its new choice, and not as
        /// one more nomination of an aggressive nominator.
        public var renominationQuiet: Duration = .seconds(10)

        /// Local candidates, and remote ones, that take part; more are set aside.
        public var maximumCandidates: Int = 64
        /// Pairs in the check list; the lowest are dropped (RFC 8445 §6.1.2.5).
        public var maximumPairs: Int = 100

        public init() {}
    }
}
