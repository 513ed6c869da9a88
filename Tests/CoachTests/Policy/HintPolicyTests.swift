import SansIO
import Simulation
import Testing

@testable import Coach

@Suite struct HintPolicyTests {
    private let pause = HintMoment(
        id: 1, trigger: TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.8), isRequest: false)
    private let ask = HintMoment(
        id: 2, trigger: TriggerFacts(kind: TriggerFacts.request, confidence: 1), isRequest: true)

    private func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1000)) }

    private func policy(_ configuration: HintPolicy.Configuration = .init()) -> HintPolicy {
        var policy = HintPolicy(configuration: configuration)
        policy.start(at: .zero)
        return policy
    }

    private func ticket(_ decisions: [HintDecision]) throws -> HintTicket {
        for case .ask(let ticket) in decisions { return ticket }
        throw NoTicket(decisions: decisions)
    }

    private struct NoTicket: Error { var decisions: [HintDecision] }

    private func deliver(_ policy: inout HintPolicy, _ moment: HintMoment, _ seconds: Double) throws -> Int {
        let ticket = try ticket(policy.consider(moment, at: at(seconds)))
        policy.delivered(ticket, tier: ticket.tier, at: at(seconds + 1))
        return ticket.tier
    }

    @Test func theSessionBeginsQuietlyButARequestIsAnswered() throws {
        var policy = policy()
        #expect(policy.consider(pause, at: at(20)) == [.hold(pause, reason: .quietStart(remaining: .seconds(40)))])
        #expect(try deliver(&policy, ask, 21) == 1)
    }

    @Test func cooldownCountsFromTheDeliveryAndIsShorterForRequests() throws {
        var policy = policy()
        _ = try deliver(&policy, pause, 60)
        #expect(policy.consider(pause, at: at(100)) == [.hold(pause, reason: .cooldown(remaining: .seconds(81)))])
        #expect(policy.consider(ask, at: at(70)) == [.drop(ask, reason: .cooldown(remaining: .seconds(11)))])
        #expect(try deliver(&policy, ask, 81) == 2)
        #expect(policy.consider(pause, at: at(201)) == [.hold(pause, reason: .cooldown(remaining: .seconds(1)))])
        _ = try deliver(&policy, pause, 202)
    }

    @Test func oneRequestAtATime() throws {
        var policy = policy()
        let first = try ticket(policy.consider(pause, at: at(60)))
        #expect(policy.consider(pause, at: at(61)).isEmpty, "it is the one that is asked for")
        #expect(policy.consider(ask, at: at(61)) == [.drop(ask, reason: .alreadyAsking)])
        #expect(policy.isCurrent(first))
        // Someone wants that answer now, so the candidate's voice does not withdraw it.
        #expect(policy.candidateSpoke(at: at(62)).isEmpty)
        #expect(policy.candidateTyped(at: at(62)).isEmpty)
        policy.delivered(first, tier: 1, at: at(63))
        #expect(policy.deliveredCount == 1)
    }

    @Test func theAnswerIsWithdrawnWhenTheMomentHasPassed() throws {
        for reason in [HintDecision.DropReason.candidateSpoke, .candidateTyped, .interviewerSpeaking, .paused] {
            var policy = policy()
            let ticket = try ticket(policy.consider(pause, at: at(60)))
            let decisions =
                switch reason {
                case .candidateSpoke: policy.candidateSpoke(at: at(61))
                case .candidateTyped: policy.candidateTyped(at: at(61))
                case .interviewerSpeaking: policy.interviewerSpeaking(true, at: at(61))
                default: policy.setPaused(true, at: at(61))
                }
            // A word of somebody else's does not end the silence.
            let goesOn = reason == .interviewerSpeaking
            #expect(decisions == [.withdraw(ticket, reason: reason)] + (goesOn ? [.hold(pause, reason: reason)] : []))
            #expect(!policy.isCurrent(ticket))
            policy.delivered(ticket, tier: 1, at: at(62))
            #expect(policy.deliveredCount == 0)
        }
    }

    @Test func aWithdrawnAskCostsNothingButItsSpacing() throws {
        var policy = policy()
        _ = try ticket(policy.consider(pause, at: at(60)))
        _ = policy.candidateSpoke(at: at(61))
        #expect(policy.consider(pause, at: at(62)) == [.hold(pause, reason: .spacing(remaining: .seconds(3)))])
        _ = try ticket(policy.consider(pause, at: at(65)))
    }

    @Test func aRequestRightAfterOneThatBroughtNothingIsBoundedButNotByAnUnaskedOne() throws {
        var policy = policy()
        _ = try ticket(policy.consider(pause, at: at(60)))
        _ = policy.candidateSpoke(at: at(61))
        let first = try ticket(policy.consider(ask, at: at(61.5)))
        policy.failed(first, at: at(62))
        #expect(policy.consider(ask, at: at(62.5)) == [.drop(ask, reason: .spacing(remaining: .seconds(4)))])
        #expect(policy.consider(pause, at: at(62.5)) == [.hold(pause, reason: .spacing(remaining: .seconds(4)))])
        _ = try ticket(policy.consider(ask, at: at(66.5)))
    }

    @Test func aHintWaitsUntilTypingHasSettled() throws {
        var policy = policy()
        _ = policy.candidateTyped(at: at(99.5))
        #expect(policy.consider(pause, at: at(100)) == [.wait(pause, reason: .typing)])
        #expect(policy.deadline == at(101.5))
        #expect(policy.candidateTyped(at: at(101)).isEmpty)
        #expect(policy.deadline == at(103))
        #expect(policy.timeout(at: at(102.9)).isEmpty)
        #expect(try ticket(policy.timeout(at: at(103))).moment == pause)
        #expect(policy.deadline == nil)
    }

    @Test func aMomentThatWaitsTooLongHasPassed() {
        var policy = policy()
        var decisions: [HintDecision] = []
        for second in 100..<130 {
            decisions += policy.candidateTyped(at: at(Double(second)))
            if second == 100 { decisions += policy.consider(pause, at: at(100)) }
            decisions += policy.timeout(at: at(Double(second) + 0.5))
        }
        #expect(decisions == [.wait(pause, reason: .typing), .drop(pause, reason: .passed)])
    }

    @Test func aVoiceEndsAWaitingPauseButNotARequest() throws {
        var policy = policy()
        _ = policy.candidateTyped(at: at(100))
        _ = policy.consider(pause, at: at(100))
        #expect(policy.candidateSpoke(at: at(100.5)) == [.drop(pause, reason: .candidateSpoke)])
        _ = policy.consider(ask, at: at(101))
        #expect(policy.candidateSpoke(at: at(101.5)).isEmpty)
        #expect(try ticket(policy.timeout(at: at(102))).moment == ask)
    }

    @Test func nothingIsSaidWhileTheInterviewerSpeaks() throws {
        var policy = policy()
        #expect(policy.interviewerSpeaking(true, at: at(100)).isEmpty)
        #expect(policy.consider(pause, at: at(101)) == [.hold(pause, reason: .interviewerSpeaking)])
        #expect(policy.consider(ask, at: at(102)) == [.wait(ask, reason: .interviewerSpeaking)])
        #expect(policy.deadline == at(117))
        #expect(try ticket(policy.interviewerSpeaking(false, at: at(105))).moment == ask)
    }

    @Test func aRequestGoesFirst() throws {
        var policy = policy()
        _ = policy.candidateTyped(at: at(100))
        _ = policy.consider(pause, at: at(100))
        #expect(
            policy.consider(ask, at: at(100.5))
                == [.hold(pause, reason: .replacedByRequest), .wait(ask, reason: .typing)])
        var later = pause
        later.id = 77
        #expect(
            policy.consider(later, at: at(101)) == [
                .drop(pause, reason: .supersededByNewer), .hold(later, reason: .alreadyWaiting),
            ])
        #expect(policy.consider(ask, at: at(101)) == [.drop(ask, reason: .alreadyWaiting)])
        #expect(try ticket(policy.timeout(at: at(102))).moment == ask)
    }

    @Test func theTierGoesUpWhileTheObstacleLastsAndDownAfterProgress() throws {
        var policy = policy()
        #expect(try deliver(&policy, pause, 100) == 1)
        #expect(try deliver(&policy, pause, 300) == 2)
        #expect(try deliver(&policy, pause, 500) == 2)
        policy.progressed(at: at(600))
        #expect(try deliver(&policy, pause, 700) == 1)
        #expect(try deliver(&policy, pause, 900) == 2)
        // Longer than the escalation window later, the obstacle is another one.
        #expect(try deliver(&policy, pause, 1600) == 1)
    }

    @Test func theCeilingHolds() throws {
        var policy = policy()
        _ = policy.setTierLimit(1, at: .zero)
        #expect(try deliver(&policy, pause, 100) == 1)
        #expect(try deliver(&policy, pause, 300) == 1)
        _ = policy.setTierLimit(0, at: .zero)
        #expect(policy.consider(ask, at: at(500)) == [.drop(ask, reason: .tierLimit)])
        _ = policy.setTierLimit(9, at: .zero)
        #expect(try deliver(&policy, pause, 500) == 2)
        #expect(policy.setConfiguration(.init(tierCeiling: 0), at: .zero).isEmpty)
        #expect(policy.consider(pause, at: at(900)) == [.hold(pause, reason: .tierLimit)])
    }

    @Test func aLowerCeilingEndsWhatIsUnderWayAboveItAndWhatWaitsBelowOne() throws {
        var policy = policy(.init(firstTier: 2))
        let first = try ticket(policy.consider(ask, at: at(100)))
        #expect(policy.setTierLimit(2, at: .zero).isEmpty && policy.isCurrent(first))
        #expect(policy.setTierLimit(1, at: .zero) == [.withdraw(first, reason: .tierLimit)])
        #expect(!policy.isCurrent(first))
        let second = try ticket(policy.consider(ask, at: at(110)))
        #expect(second.tier == 1)
        #expect(policy.setConfiguration(.init(tierCeiling: 0), at: .zero) == [.withdraw(second, reason: .tierLimit)])
        _ = policy.setConfiguration(.init(), at: .zero)
        _ = policy.interviewerSpeaking(true, at: at(120))
        #expect(policy.consider(ask, at: at(121)) == [.wait(ask, reason: .interviewerSpeaking)])
        #expect(policy.setTierLimit(0, at: .zero) == [.drop(ask, reason: .tierLimit)])
        #expect(policy.deadline == nil)
    }

    @Test func aDeliveryThatIsRetractedCountsForNothing() throws {
        var policy = policy(.init(budget: 2))
        _ = try deliver(&policy, pause, 100)
        _ = try deliver(&policy, pause, 300)
        _ = policy.retracted(deliveredAt: at(301), at: at(302))
        #expect(policy.deliveredCount == 1 && policy.lastDelivered == .init(tier: 1, at: at(101)))
        _ = policy.retracted(deliveredAt: at(301), at: at(302))
        #expect(try deliver(&policy, pause, 310) == 2)
        #expect(policy.deliveredCount == 2)
    }

    @Test func theBudgetIsForTheSessionAndForRequestsToo() throws {
        var policy = policy(.init(budget: 2))
        _ = try deliver(&policy, pause, 100)
        _ = try deliver(&policy, ask, 200)
        #expect(policy.consider(pause, at: at(900)) == [.hold(pause, reason: .budgetSpent)])
        #expect(policy.consider(ask, at: at(900)) == [.drop(ask, reason: .budgetSpent)])
    }

    @Test func weakEvidenceIsNotEnough() {
        var policy = policy()
        var weak = pause
        weak.trigger.confidence = 0.29
        #expect(policy.consider(weak, at: at(100)) == [.drop(weak, reason: .lowConfidence)])
        weak.trigger.confidence = .nan
        // A confidence that is no number equals nothing, itself included.
        guard case .drop(_, reason: .lowConfidence) = policy.consider(weak, at: at(100)).first else {
            Issue.record("taken without a confidence")
            return
        }
    }

    @Test func pausedMeansSilenceAndResumedGoesOn() throws {
        var policy = policy()
        _ = policy.candidateTyped(at: at(100))
        _ = policy.consider(ask, at: at(100))
        #expect(policy.setPaused(true, at: at(101)) == [.drop(ask, reason: .paused)])
        #expect(policy.consider(ask, at: at(102)) == [.drop(ask, reason: .paused)])
        #expect(policy.setPaused(false, at: at(103)).isEmpty)
        _ = try ticket(policy.consider(ask, at: at(104)))
    }

    @Test func afterARestartCooldownTierAndBudgetGoOn() throws {
        var policy = HintPolicy(configuration: .init(budget: 3))
        policy.restore(
            startedAt: at(0), delivered: [.init(tier: 1, at: at(200)), .init(tier: 1, at: at(100))])
        policy.start(at: at(250))
        #expect(policy.consider(pause, at: at(260)) == [.hold(pause, reason: .cooldown(remaining: .seconds(60)))])
        #expect(try deliver(&policy, pause, 320) == 2)
        #expect(policy.consider(pause, at: at(900)) == [.hold(pause, reason: .budgetSpent)])
    }

    @Test func aFailedAskLeavesNoCooldown() throws {
        var policy = policy()
        let first = try ticket(policy.consider(pause, at: at(60)))
        policy.failed(first, at: at(61))
        #expect(try deliver(&policy, pause, 65) == 1)
    }

    @Test func anyOrderOfEventsKeepsThePromises() {
        for seed in 0..<50 as Range<UInt64> {
            var random = RandomSource.seeded(seed)
            var policy = policy(.init(cooldown: .seconds(30), quietStart: .seconds(10), budget: 5))
            var now = 0.0
            var deliveries: [Double] = []
            var open: HintTicket?
            var ended: Set<HintMoment.ID> = []
            var count: HintMoment.ID = 0
            func next(_ moment: HintMoment) -> HintMoment {
                count += 1
                return HintMoment(id: count, trigger: moment.trigger, isRequest: moment.isRequest)
            }
            for _ in 0..<400 {
                now += Double.random(in: 0...4, using: &random)
                var decisions: [HintDecision] = policy.timeout(at: at(now))
                switch Int.random(in: 0..<8, using: &random) {
                case 0, 1: decisions += policy.consider(next(pause), at: at(now))
                case 2: decisions += policy.consider(next(ask), at: at(now))
                case 3: decisions += policy.candidateSpoke(at: at(now))
                case 4: decisions += policy.candidateTyped(at: at(now))
                case 5: decisions += policy.interviewerSpeaking(Bool.random(using: &random), at: at(now))
                case 6: decisions += policy.setPaused(Bool.random(using: &random), at: at(now))
                default:
                    guard let ticket = open, policy.isCurrent(ticket) else { break }
                    policy.delivered(ticket, tier: ticket.tier, at: at(now))
                    deliveries.append(now)
                    open = nil
                }
                for decision in decisions {
                    switch decision {
                    case .ask(let ticket):
                        #expect(open == nil, "two under way, seed \(seed)")
                        #expect((1...2).contains(ticket.tier))
                        open = ticket
                    case .withdraw(let ticket, _):
                        #expect(ticket == open, "seed \(seed)")
                        open = nil
                    case .wait, .hold: break
                    case .drop(let moment, _): #expect(ended.insert(moment.id).inserted, "twice, seed \(seed)")
                    }
                }
                #expect((open == nil) == (policy.inFlight == nil), "seed \(seed)")
                if let deadline = policy.deadline { #expect(deadline <= at(now) + .seconds(30), "seed \(seed)") }
            }
            #expect(deliveries.count <= 5, "seed \(seed)")
        }
    }
}
