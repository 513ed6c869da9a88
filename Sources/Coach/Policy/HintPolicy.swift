import SansIO

/// Decides whether, when and at which tier the coach is asked. Sans-IO: one a room, time is passed in.
///
/// The owner reports what happens (moments, voices, typing, deliveries), does what the returned decision says, and calls
/// `timeout(at:)` when `deadline` is reached. At most one request is under way and at most one moment waits.
public struct HintPolicy: Sendable {
    /// Counts from the next verb on.
    public private(set) var configuration: Configuration
    /// The highest tier the interviewer allows; nil for no limit of theirs, 0 for none at all.
    public private(set) var tierLimit: Int?
    /// The last hint that was delivered.
    public var lastDelivered: Delivered? { delivered.last }
    /// How many hints were delivered in this session.
    public var deliveredCount: Int { delivered.count }
    /// The request under way.
    public private(set) var inFlight: HintTicket?
    public private(set) var isPaused = false

    private var startedAt: Instant?
    /// Oldest first; at most as many as the budget.
    private var delivered: [Delivered] = []
    private var pending: Pending?
    private var lastAsked: Instant?
    private var lastRequested: Instant?
    private var lastTyped: Instant?
    private var lastProgress: Instant?
    private var isInterviewerSpeaking = false
    /// Someone asked while the request was under way: voice and typing no longer withdraw it.
    private var inFlightIsWanted = false
    private var nextTicket: UInt64 = 1

    /// A hint that reached the wire.
    public struct Delivered: Sendable, Hashable {
        public var tier: Int
        public var at: Instant

        public init(tier: Int, at: Instant) {
            self.tier = tier
            self.at = at
        }
    }

    private struct Pending: Sendable {
        var moment: HintMoment
        var expiresAt: Instant
    }

    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    // MARK: The session's life

    /// The session began: the quiet start is counted from here. The first call counts.
    public mutating func start(at now: Instant) {
        if startedAt == nil { startedAt = now }
    }

    /// Takes up an earlier process's session: what was delivered then still counts for cooldown, tier and budget.
    public mutating func restore(startedAt: Instant, delivered: [Delivered]) {
        self.startedAt = startedAt
        self.delivered = delivered.sorted { $0.at < $1.at }
    }

    /// Pausing drops what waits and withdraws what is under way.
    public mutating func setPaused(_ paused: Bool, at now: Instant) -> [HintDecision] {
        isPaused = paused
        return paused ? end(.paused, sparingWanted: false) : []
    }

    /// New settings. What waits or is under way above the highest tier now allowed ends.
    public mutating func setConfiguration(_ new: Configuration) -> [HintDecision] {
        configuration = new
        return endAboveCeiling()
    }

    /// The interviewer's limit. What waits or is under way above it ends.
    public mutating func setTierLimit(_ tier: Int?) -> [HintDecision] {
        tierLimit = tier
        return endAboveCeiling()
    }

    private mutating func endAboveCeiling() -> [HintDecision] {
        if ceiling < 1 { return end(.tierLimit, sparingWanted: false) }
        guard let ticket = inFlight, ticket.tier > ceiling else { return [] }
        clearInFlight()
        return [.withdraw(ticket, reason: .tierLimit)]
    }

    // MARK: Moments

    /// Asks for leave to give a hint now.
    public mutating func consider(_ moment: HintMoment, at now: Instant) -> [HintDecision] {
        start(at: now)
        if inFlight != nil {
            if moment.isRequest { inFlightIsWanted = true }
            return [.drop(moment, reason: .alreadyAsking)]
        }
        if let reason = refusal(of: moment, at: now) { return [.drop(moment, reason: reason)] }
        var decisions: [HintDecision] = []
        if let waiting = pending {
            guard moment.isRequest, !waiting.moment.isRequest else {
                return [.drop(moment, reason: .alreadyWaiting)]
            }
            pending = nil
            decisions.append(.drop(waiting.moment, reason: .replacedByRequest))
        }
        if let reason = waitReason(at: now) {
            pending = Pending(moment: moment, expiresAt: now + configuration.maximumWait)
            decisions.append(.wait(moment, reason: reason))
        } else {
            decisions.append(.ask(issue(moment, at: now)))
        }
        return decisions
    }

    // MARK: What happens meanwhile

    /// The candidate's voice began: a pause is over. A request stands.
    public mutating func candidateSpoke(at now: Instant) -> [HintDecision] {
        end(.candidateSpoke, sparingWanted: true)
    }

    /// The candidate changed the code. What waits goes on waiting; an unasked hint under way is withdrawn.
    public mutating func candidateTyped(at now: Instant) -> [HintDecision] {
        lastTyped = now
        guard let ticket = inFlight, !ticket.moment.isRequest, !inFlightIsWanted else { return [] }
        clearInFlight()
        return [.withdraw(ticket, reason: .candidateTyped)]
    }

    /// An interviewer began or stopped speaking. Unasked moments end, a waiting request goes on waiting.
    public mutating func interviewerSpeaking(_ speaking: Bool, at now: Instant) -> [HintDecision] {
        isInterviewerSpeaking = speaking
        return speaking ? end(.interviewerSpeaking, sparingWanted: true) : advance(at: now)
    }

    /// The candidate got further (a run with more passing tests, say): the next hint starts at the first tier again.
    public mutating func progressed(at now: Instant) {
        lastProgress = now
    }

    // MARK: Answers

    /// Whether the ticket is still the one under way, so that its hint may be sent.
    public func isCurrent(_ ticket: HintTicket) -> Bool {
        inFlight?.id == ticket.id
    }

    /// The ticket's hint went out at `tier`: cooldown and budget count from here.
    public mutating func delivered(_ ticket: HintTicket, tier: Int, at now: Instant) {
        guard isCurrent(ticket) else { return }
        clearInFlight()
        delivered.append(Delivered(tier: tier, at: now))
    }

    /// The hint that was delivered at that instant did not leave after all, and counts for nothing.
    public mutating func retracted(deliveredAt instant: Instant) {
        if let index = delivered.lastIndex(where: { $0.at == instant }) { delivered.remove(at: index) }
    }

    /// The ticket ended without a hint: neither cooldown nor budget counts it.
    public mutating func failed(_ ticket: HintTicket, at now: Instant) {
        if isCurrent(ticket) { clearInFlight() }
    }

    // MARK: Time

    /// When `timeout(at:)` has something to do; nil while nothing waits.
    public var deadline: Instant? {
        guard let pending else { return nil }
        if isInterviewerSpeaking { return pending.expiresAt }
        return min(pending.expiresAt, settledAt ?? pending.expiresAt)
    }

    public mutating func timeout(at now: Instant) -> [HintDecision] {
        advance(at: now)
    }

    private var settledAt: Instant? {
        lastTyped.map { $0 + configuration.settle }
    }

    private mutating func advance(at now: Instant) -> [HintDecision] {
        guard let waiting = pending else { return [] }
        if waitReason(at: now) == nil {
            pending = nil
            // The rules are asked again: time has gone by, and the limits may have been changed.
            if let reason = refusal(of: waiting.moment, at: now) { return [.drop(waiting.moment, reason: reason)] }
            return [.ask(issue(waiting.moment, at: now))]
        }
        guard now >= waiting.expiresAt else { return [] }
        pending = nil
        return [.drop(waiting.moment, reason: .passed)]
    }

    // MARK: Rules

    private func waitReason(at now: Instant) -> HintDecision.WaitReason? {
        if isInterviewerSpeaking { return .interviewerSpeaking }
        if let settledAt, now < settledAt { return .typing }
        return nil
    }

    /// The first rule that forbids a hint for this moment.
    private func refusal(of moment: HintMoment, at now: Instant) -> HintDecision.DropReason? {
        if isPaused { return .paused }
        if ceiling < 1 { return .tierLimit }
        if deliveredCount >= configuration.budget { return .budgetSpent }
        let cooldown = moment.isRequest ? configuration.requestCooldown : configuration.cooldown
        if let remaining = remaining(of: cooldown, since: lastDelivered?.at, at: now) {
            return .cooldown(remaining: remaining)
        }
        // Nobody sees when the coach was asked unasked, so that does not hold a request up.
        let lastAsked = moment.isRequest ? lastRequested : lastAsked
        if let remaining = remaining(of: configuration.spacing, since: lastAsked, at: now) {
            return .spacing(remaining: remaining)
        }
        if moment.isRequest { return nil }
        if isInterviewerSpeaking { return .interviewerSpeaking }
        // Written so that a confidence that is no number is too low.
        guard moment.trigger.confidence >= configuration.minimumConfidence else { return .lowConfidence }
        if let remaining = remaining(of: configuration.quietStart, since: startedAt, at: now) {
            return .quietStart(remaining: remaining)
        }
        return nil
    }

    private func remaining(of span: Duration, since start: Instant?, at now: Instant) -> Duration? {
        guard let start, now < start + span else { return nil }
        return (start + span) - now
    }

    /// The highest tier that may be given now; 0 for none.
    public var ceiling: Int {
        min(configuration.tierCeiling, tierLimit ?? configuration.tierCeiling)
    }

    /// A tier up while the same obstacle lasts, the first tier otherwise, never above the ceiling.
    private func tier(at now: Instant) -> Int {
        var tier = configuration.firstTier
        if let last = lastDelivered, now < last.at + configuration.escalationWindow,
            lastProgress.map({ $0 <= last.at }) ?? true
        {
            tier = last.tier + 1
        }
        return max(1, min(tier, ceiling))
    }

    private mutating func issue(_ moment: HintMoment, at now: Instant) -> HintTicket {
        let ticket = HintTicket(id: nextTicket, tier: tier(at: now), moment: moment, issuedAt: now)
        nextTicket &+= 1
        inFlight = ticket
        lastAsked = now
        if moment.isRequest { lastRequested = now }
        return ticket
    }

    /// Ends what waits and what is under way; with `sparingWanted`, not what someone asked for.
    private mutating func end(_ reason: HintDecision.DropReason, sparingWanted: Bool) -> [HintDecision] {
        var decisions: [HintDecision] = []
        if let waiting = pending, !(sparingWanted && waiting.moment.isRequest) {
            pending = nil
            decisions.append(.drop(waiting.moment, reason: reason))
        }
        if let ticket = inFlight, !(sparingWanted && (ticket.moment.isRequest || inFlightIsWanted)) {
            clearInFlight()
            decisions.append(.withdraw(ticket, reason: reason))
        }
        return decisions
    }

    private mutating func clearInFlight() {
        inFlight = nil
        inFlightIsWanted = false
    }
}
