import SansIO

/// Decides whether, when and at which tier the coach is asked. Sans-IO: one a room, time is passed in.
///
/// The owner reports what happens (moments, voices, typing, deliveries), does what the returned decision says, and calls
/// `timeout(at:)` when `deadline` is reached. At most one request is under way, at most one moment waits for a boundary,
/// and at most one is held: what lasts (a silence) is offered once what stood against it is over.
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
    /// A moment that lasts, and that only what passes stands against.
    private var held: HintMoment?
    /// What it was last told to wait for.
    private var heldReason = ""
    private var lastAsked: Instant?
    private var lastRequested: Instant?
    private var lastTyped: Instant?
    private var lastProgress: Instant?
    /// A request that was withdrawn after the coach had been asked, which costs what a given hint costs.
    private var lastWithdrawnRequest: Instant?
    private var isInterviewerSpeaking = false
    private var interviewerSince: Instant?
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
        return paused ? cancel(.paused, at: now) : []
    }

    /// Drops what waits or is held, and withdraws what is under way, requested or not.
    public mutating func cancel(_ reason: HintDecision.DropReason, at now: Instant) -> [HintDecision] {
        end(reason, sparingWanted: false, at: now)
    }

    /// New settings. What waits or is under way above the highest tier now allowed ends; what the old ones held back is
    /// asked for anew.
    public mutating func setConfiguration(_ new: Configuration, at now: Instant) -> [HintDecision] {
        configuration = new
        return endAboveCeiling(at: now) + offerHeld(at: now)
    }

    /// The interviewer's limit. What waits or is under way above it ends.
    public mutating func setTierLimit(_ tier: Int?, at now: Instant) -> [HintDecision] {
        tierLimit = tier
        return endAboveCeiling(at: now) + offerHeld(at: now)
    }

    private mutating func endAboveCeiling(at now: Instant) -> [HintDecision] {
        if ceiling < 1 { return putOff(.tierLimit, sparingWanted: false, at: now) }
        guard let ticket = inFlight, ticket.tier > ceiling else { return [] }
        return putOff(ticket, .tierLimit, at: now)
    }

    // MARK: Moments

    /// Asks for leave to give a hint now.
    public mutating func consider(_ moment: HintMoment, at now: Instant) -> [HintDecision] {
        start(at: now)
        if let inFlight {
            if moment.isRequest {
                inFlightIsWanted = true
                // The answer serves it; where none comes, a hand that is still up is asked for then.
                return refuse(moment, .alreadyAsking)
            }
            // What comes of the request decides: nothing, or a cooldown.
            return inFlight.moment.id == moment.id ? [] : refuse(moment, .alreadyAsking)
        }
        if let reason = refusal(of: moment, at: now) { return refuse(moment, reason) }
        var decisions: [HintDecision] = []
        // What is told now stands for what was held of the same weight.
        if let old = held, old.isRequest == moment.isRequest {
            held = nil
            if old.id != moment.id { decisions.append(.drop(old, reason: .supersededByNewer)) }
        }
        if let waiting = pending {
            guard moment.isRequest, !waiting.moment.isRequest else {
                // Of one kind, what waits stands for what comes.
                let isStoodFor = moment.isRequest == waiting.moment.isRequest
                return decisions
                    + (isStoodFor ? [.drop(moment, reason: .alreadyWaiting)] : refuse(moment, .alreadyWaiting))
            }
            pending = nil
            decisions += putOff(waiting.moment, .replacedByRequest)
        }
        if let reason = waitReason(at: now) {
            pending = Pending(moment: moment, expiresAt: now + configuration.maximumWait)
            decisions.append(.wait(moment, reason: reason))
        } else {
            decisions.append(.ask(issue(moment, at: now)))
        }
        return decisions
    }

    /// Holds what lasts and may be offered later; drops the rest.
    private mutating func refuse(_ moment: HintMoment, _ reason: HintDecision.DropReason) -> [HintDecision] {
        guard moment.lasts, reason.isPassing else { return [.drop(moment, reason: reason)] }
        // What was asked for goes first.
        if let held, held.isRequest, !moment.isRequest { return [.drop(moment, reason: .alreadyWaiting)] }
        let old = held
        (held, heldReason) = (moment, reason.label)
        let superseded = old.flatMap { $0.id == moment.id ? nil : HintDecision.drop($0, reason: .supersededByNewer) }
        return [superseded, .hold(moment, reason: reason)].compactMap(\.self)
    }

    /// What a held moment waits for now, where it was told to wait for something else: each once.
    private mutating func tellHeld(_ reason: HintDecision.DropReason) -> [HintDecision] {
        guard let moment = held, reason.isPassing, reason.label != heldReason else { return [] }
        heldReason = reason.label
        return [.hold(moment, reason: reason)]
    }

    /// Asks again for a held moment.
    private mutating func offerHeld(at now: Instant) -> [HintDecision] {
        guard let moment = held, inFlight == nil, pending == nil, !isInterviewerSpeaking else { return [] }
        // Nothing is said again while the same rules still stand against it.
        if let reason = refusal(of: moment, at: now) {
            guard !reason.isPassing else { return tellHeld(reason) }
            held = nil
            return [.drop(moment, reason: reason)]
        }
        held = nil
        return consider(moment, at: now)
    }

    /// When a held moment is to be asked for again; nil where only a change can bring that about.
    private var heldUntil: Instant? {
        guard held != nil, inFlight == nil, pending == nil, !isInterviewerSpeaking, !isPaused, ceiling >= 1,
            deliveredCount < configuration.budget
        else { return nil }
        let ends =
            if held?.isRequest == true {
                [
                    lastDelivered.map { $0.at + configuration.requestCooldown },
                    lastRequested.map { $0 + configuration.spacing },
                    lastWithdrawnRequest.map { $0 + configuration.requestCooldown },
                ]
            } else {
                [
                    lastDelivered.map { $0.at + configuration.cooldown }, lastAsked.map { $0 + configuration.spacing },
                    startedAt.map { $0 + configuration.quietStart },
                ]
            }
        return ends.compactMap(\.self).max() ?? startedAt
    }

    // MARK: What happens meanwhile

    /// Nobody knows any more whether the candidate is silent: what is held is not offered.
    public mutating func silenceIsUnknown(at now: Instant) -> [HintDecision] {
        held?.trigger.kind == TriggerFacts.longPause ? endHeld(.unheard) : []
    }

    /// The candidate no longer makes a gesture: what it asked for, or spoke for, is not offered any more. A request that
    /// waits for a boundary was made all the same.
    /// - Parameter kind: the trigger's.
    public mutating func gestureEnded(_ kind: String, at now: Instant) -> [HintDecision] {
        if let waiting = pending?.moment, waiting.trigger.kind == kind, !waiting.isRequest {
            pending = nil
            return [.drop(waiting, reason: .gestureEnded)]
        }
        return held?.trigger.kind == kind ? endHeld(.gestureEnded) : []
    }

    private mutating func endHeld(_ reason: HintDecision.DropReason, sparingWanted: Bool = false) -> [HintDecision] {
        guard let moment = held, !(sparingWanted && moment.isRequest) else { return [] }
        held = nil
        return [.drop(moment, reason: reason)]
    }

    /// The candidate's voice began: a pause is over. A request stands.
    public mutating func candidateSpoke(at now: Instant) -> [HintDecision] {
        end(.candidateSpoke, sparingWanted: true, at: now)
    }

    /// The candidate changed the code. What waits goes on waiting; an unasked hint under way is withdrawn.
    public mutating func candidateTyped(at now: Instant) -> [HintDecision] {
        lastTyped = now
        guard let ticket = inFlight, !ticket.moment.isRequest, !inFlightIsWanted else { return [] }
        withdrawn(ticket, at: now)
        return [.withdraw(ticket, reason: .candidateTyped)]
    }

    /// An interviewer began or stopped speaking. A request goes on waiting; what lasts is held, and ends with a whole turn.
    public mutating func interviewerSpeaking(_ speaking: Bool, at now: Instant) -> [HintDecision] {
        isInterviewerSpeaking = speaking
        if speaking {
            interviewerSince = now
            return putOff(.interviewerSpeaking, sparingWanted: true, at: now)
        }
        let turn = interviewerSince.map { now - $0 } ?? .zero
        interviewerSince = nil
        // The silence begins anew with the turn's end, and perception says when it is long again. A palm goes on, and is not
        // told again: it ends with the gesture.
        let isOver = turn >= configuration.otherTurn && held?.trigger.kind != TriggerFacts.palmToForehead
        return (isOver ? endHeld(.interviewerSpeaking, sparingWanted: true) : []) + advance(at: now)
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
    /// - Returns: what becomes of a request that came meanwhile, and is served by it, and what is held now waits for.
    @discardableResult
    public mutating func delivered(_ ticket: HintTicket, tier: Int, at now: Instant) -> [HintDecision] {
        guard isCurrent(ticket) else { return [] }
        let served = inFlightIsWanted && held?.isRequest == true ? endHeld(.alreadyAsking) : []
        clearInFlight()
        delivered.append(Delivered(tier: tier, at: now))
        return served + (held.flatMap { refusal(of: $0, at: now) }.map { tellHeld($0) } ?? [])
    }

    /// The hint that was delivered at that instant did not leave after all, and counts for nothing.
    /// - Returns: what becomes of a moment that its cooldown held back.
    public mutating func retracted(deliveredAt instant: Instant, at now: Instant) -> [HintDecision] {
        if let index = delivered.lastIndex(where: { $0.at == instant }) { delivered.remove(at: index) }
        return offerHeld(at: now)
    }

    /// The ticket ended without a hint: neither cooldown nor budget counts it.
    public mutating func failed(_ ticket: HintTicket, at now: Instant) {
        if isCurrent(ticket) { clearInFlight() }
    }

    // MARK: Time

    /// When `timeout(at:)` has something to do; nil while nothing waits.
    public var deadline: Instant? {
        guard let pending else { return heldUntil }
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
        guard let waiting = pending else { return offerHeld(at: now) }
        if waitReason(at: now) == nil {
            pending = nil
            // The rules are asked again: time has gone by, and the limits may have been changed.
            if let reason = refusal(of: waiting.moment, at: now) { return refuse(waiting.moment, reason) }
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
        if moment.isRequest {
            // Asking and taking back in a loop costs the coach's answers, though none is delivered.
            return remaining(of: configuration.requestCooldown, since: lastWithdrawnRequest, at: now)
                .map { .cooldown(remaining: $0) }
        }
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
            tier = last.tier < ceiling ? last.tier + 1 : ceiling
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

    /// Ends what waits, what is held and what is under way; with `sparingWanted`, not what someone asked for.
    private mutating func end(
        _ reason: HintDecision.DropReason, sparingWanted: Bool, at now: Instant
    ) -> [HintDecision] {
        var decisions = endHeld(reason, sparingWanted: sparingWanted)
        if let waiting = pending, !(sparingWanted && waiting.moment.isRequest) {
            pending = nil
            decisions.append(.drop(waiting.moment, reason: reason))
        }
        if let ticket = inFlight, !(sparingWanted && (ticket.moment.isRequest || inFlightIsWanted)) {
            withdrawn(ticket, at: now)
            decisions.append(.withdraw(ticket, reason: reason))
        }
        return decisions
    }

    /// Ends what waits and what is under way for a reason that passes, and holds what lasts.
    private mutating func putOff(
        _ reason: HintDecision.DropReason, sparingWanted: Bool, at now: Instant
    ) -> [HintDecision] {
        var decisions: [HintDecision] = []
        if let waiting = pending, !(sparingWanted && waiting.moment.isRequest) {
            pending = nil
            decisions += putOff(waiting.moment, reason)
        }
        if let ticket = inFlight, !(sparingWanted && (ticket.moment.isRequest || inFlightIsWanted)) {
            decisions += putOff(ticket, reason, at: now)
        }
        return decisions
    }

    private mutating func putOff(
        _ ticket: HintTicket, _ reason: HintDecision.DropReason, at now: Instant
    ) -> [HintDecision] {
        withdrawn(ticket, at: now)
        let isLasting = !ticket.moment.isRequest && held == nil
        return [.withdraw(ticket, reason: reason)] + (isLasting ? refuse(ticket.moment, reason) : [])
    }

    /// What is held already is of the same silence, and was told later.
    private mutating func putOff(_ moment: HintMoment, _ reason: HintDecision.DropReason) -> [HintDecision] {
        held == nil || moment.isRequest ? refuse(moment, reason) : [.drop(moment, reason: .supersededByNewer)]
    }

    private mutating func withdrawn(_ ticket: HintTicket, at now: Instant) {
        if ticket.moment.isRequest || inFlightIsWanted { lastWithdrawnRequest = now }
        clearInFlight()
    }

    private mutating func clearInFlight() {
        inFlight = nil
        inFlightIsWanted = false
    }
}
