import Coach
import Perception
import SansIO
import Wire

/// The hints of a session: from a moment that is worth one, over the question to the coach, to what was given and who
/// acknowledged it. Sans-IO: one a room.
///
/// When a hint is due is `HintPolicy`'s to say; `SessionCore` carries its decisions out and keeps the books here.
struct HintFlow: Sendable {
    var policy: HintPolicy
    /// Those the policy has not done with.
    private(set) var moments: [HintMoment.ID: (moment: HintMoment, times: MomentTimes)] = [:]
    private(set) var request: OpenRequest?
    /// Hints that left, or were to, oldest first.
    private(set) var given: [GivenHint] = []
    /// What can be shown again, oldest first.
    private var living: [LivingHint] = []
    static let mostLiving = 8
    private var unacknowledged: [String: UnacknowledgedHint] = [:]
    private var nextMoment: HintMoment.ID = 0

    init(configuration: HintPolicy.Configuration) { policy = HintPolicy(configuration: configuration) }

    // MARK: Moments

    mutating func open(_ trigger: TriggerFacts, isRequest: Bool, times: MomentTimes) -> HintMoment {
        // A hand stays up; whoever asks in words is told of a refusal.
        let lasts = !isRequest || trigger.kind == TriggerFacts.raisedHand
        let moment = HintMoment(id: nextMoment, trigger: trigger, isRequest: isRequest, lasts: lasts)
        nextMoment &+= 1
        moments[moment.id] = (moment, times)
        return moment
    }

    /// The policy takes up again what it had done with.
    mutating func reopen(_ moment: HintMoment, times: MomentTimes) { moments[moment.id] = (moment, times) }

    /// The policy has done with it.
    /// - Returns: nil for a moment that is not open.
    mutating func close(_ moment: HintMoment) -> MomentTimes? { moments.removeValue(forKey: moment.id)?.times }

    /// Whether what is under way, waits or is held came of the candidate's voice.
    var restsOnVoice: Bool { rests { $0.kind == TriggerFacts.longPause } }

    /// Whether it came of what their camera shows, or was made surer by it.
    var restsOnCamera: Bool {
        rests {
            [TriggerFacts.raisedHand, TriggerFacts.palmToForehead].contains($0.kind)
                || $0[.reasons]?.contains(LongPause.Reason.palmToForehead.rawValue) ?? false
        }
    }

    private func rests(_ isMeant: (TriggerFacts) -> Bool) -> Bool {
        if let request, isMeant(request.ticket.moment.trigger) { return true }
        return moments.values.contains { isMeant($0.moment.trigger) }
    }

    // MARK: The request under way

    /// The coach is asked.
    mutating func ask(id: String, ticket: HintTicket, times: MomentTimes, expiresAt: Instant) {
        request = OpenRequest(id: id, ticket: ticket, times: times, expiresAt: expiresAt)
    }

    /// The request that `id` is the answer to; nil where it is not wanted any more.
    func awaited(_ id: String) -> OpenRequest? {
        guard let request, request.id == id, request.composed == nil, policy.isCurrent(request.ticket) else {
            return nil
        }
        return request
    }

    /// The coach's hint waits for its leave.
    mutating func compose(_ hint: ComposedHint, expiresAt: Instant) {
        request?.composed = hint
        request?.expiresAt = expiresAt
    }

    /// Whether it is told for the first time that the composed hint cannot leave yet.
    mutating func isNewlyHeldUp() -> Bool {
        guard let composed = request?.composed, !composed.isHeldNoted else { return false }
        request?.composed?.isHeldNoted = true
        return true
    }

    /// The request is over, one way or the other.
    mutating func closeRequest() -> OpenRequest? {
        defer { request = nil }
        return request
    }

    // MARK: Given hints

    mutating func give(_ hint: GivenHint) { given.append(hint) }

    /// What an earlier process gave.
    mutating func restore(_ hints: [GivenHint]) { given = hints }

    func hint(_ id: String) -> GivenHint? { given.first { $0.id == id } }

    /// Whether the same was said before.
    func wasSaid(_ fingerprint: String) -> Bool { given.contains { $0.fingerprint == fingerprint } }

    /// The hint did not leave, and does not any more: it was not said.
    /// - Returns: what becomes of moments that it held back.
    mutating func retract(_ id: String, at now: Instant) -> [HintDecision] {
        var decisions: [HintDecision] = []
        for hint in given where hint.id == id { decisions += policy.retracted(deliveredAt: hint.at, at: now) }
        given.removeAll { $0.id == id }
        living.removeAll { $0.id == id }
        unacknowledged[id] = nil
        return decisions
    }

    /// What the coach is to know of them.
    func summaries(at now: Instant) -> [HintSummary] {
        given.compactMap { hint in
            guard var summary = hint.summary else { return nil }
            summary.minutesAgo = (now - hint.at).inSeconds / 60
            return summary
        }
    }

    // MARK: Living hints

    mutating func keep(_ hint: LivingHint, at now: Instant) {
        living.removeAll { $0.expiresAt <= now }
        if living.count >= Self.mostLiving { living.removeFirst() }
        living.append(hint)
    }

    /// Those that were addressed to the participant and not dismissed by it.
    func living(for identity: Identity, at now: Instant) -> [LivingHint] {
        living.filter { living in
            living.expiresAt > now && living.to.contains(identity)
                && hint(living.id)?.acknowledged[identity] != .dismissed
        }
    }

    // MARK: Acknowledgements

    mutating func awaitAcknowledgement(of id: String, by hint: UnacknowledgedHint) { unacknowledged[id] = hint }

    mutating func forgetAcknowledgement(of id: String) { unacknowledged[id] = nil }

    /// The hint has left: from here on its acknowledgement is waited for.
    mutating func left(_ id: String, resendAt: Instant) { unacknowledged[id]?.resendAt = resendAt }

    enum Acknowledgement: Sendable, Hashable {
        /// There is no such hint for the sender.
        case unknown
        /// Said before.
        case repeated
        case news
    }

    mutating func acknowledge(_ id: String, by sender: Identity, _ status: AckMessage.Status) -> Acknowledgement {
        guard let index = given.firstIndex(where: { $0.id == id }), given[index].to.contains(sender) else {
            return .unknown
        }
        if unacknowledged[id]?.to == sender { unacknowledged[id] = nil }
        return given[index].acknowledged.updateValue(status, forKey: sender) == status ? .repeated : .news
    }

    /// Hints to be sent again, to those who can be reached: not more often than `most`, `interval` apart.
    mutating func dueAgain(
        at now: Instant, interval: Duration, most: Int, isReachable: (Identity) -> Bool
    ) -> [(id: String, hint: UnacknowledgedHint)] {
        living.removeAll { $0.expiresAt <= now }
        var due: [(id: String, hint: UnacknowledgedHint)] = []
        for (id, hint) in unacknowledged.sorted(by: { $0.key < $1.key }) {
            guard now < hint.expiresAt else {
                unacknowledged[id] = nil
                continue
            }
            guard let resendAt = hint.resendAt, now >= resendAt, isReachable(hint.to) else { continue }
            guard hint.resends < most else {
                unacknowledged[id] = nil
                continue
            }
            unacknowledged[id]?.resends += 1
            unacknowledged[id]?.resendAt = now + interval
            due.append((id, hint))
        }
        return due
    }

    func deadline(isReachable: (Identity) -> Bool) -> Instant? {
        var next = earliest(policy.deadline, request?.expiresAt)
        for hint in unacknowledged.values {
            next = earliest(next, isReachable(hint.to) ? hint.resendAt : nil)
            next = earliest(next, hint.expiresAt)
        }
        return next
    }
}
