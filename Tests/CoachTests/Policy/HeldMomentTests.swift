import SansIO
import Testing

@testable import Coach

/// A silence that something stands against for now is offered once that is over, if it lasts.
@Suite struct HeldMomentTests {
    private func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1000)) }

    private func pause(_ id: HintMoment.ID = 1) -> HintMoment {
        HintMoment(id: id, trigger: TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.8), isRequest: false)
    }

    private let request = HintMoment(
        id: 99, trigger: TriggerFacts(kind: TriggerFacts.request, confidence: 1), isRequest: true)

    private func policy(_ configuration: HintPolicy.Configuration = .init()) -> HintPolicy {
        var policy = HintPolicy(configuration: configuration)
        policy.start(at: .zero)
        return policy
    }

    private func asked(_ decisions: [HintDecision]) -> HintMoment.ID? {
        for case .ask(let ticket) in decisions { return ticket.moment.id }
        return nil
    }

    /// A hint is given at 61 s, so that the cooldown lasts until 181 s.
    private func afterAHint(_ configuration: HintPolicy.Configuration = .init()) -> HintPolicy {
        var policy = policy(configuration)
        for case .ask(let ticket) in policy.consider(pause(0), at: at(60)) {
            policy.delivered(ticket, tier: 1, at: at(61))
        }
        return policy
    }

    @Test func aSilenceFromTheQuietStartIsOfferedWhenThatEndsAndOnlyOnce() {
        var policy = policy()
        #expect(policy.consider(pause(), at: at(12)) == [.hold(pause(), reason: .quietStart(remaining: .seconds(48)))])
        #expect(policy.deadline == at(60))
        #expect(policy.timeout(at: at(59.9)).isEmpty)
        #expect(asked(policy.timeout(at: at(60))) == 1)
        #expect(policy.deadline == nil && policy.timeout(at: at(400)).isEmpty)
    }

    @Test func itIsOfferedAfterTheCooldown() {
        var policy = afterAHint()
        #expect(policy.consider(pause(), at: at(100)) == [.hold(pause(), reason: .cooldown(remaining: .seconds(81)))])
        #expect(policy.deadline == at(181))
        #expect(asked(policy.timeout(at: at(181))) == 1)
    }

    @Test func aShorterCooldownAndALargerBudgetOfferItAtOnce() {
        var policy = afterAHint(.init(budget: 1))
        #expect(policy.consider(pause(), at: at(200)) == [.hold(pause(), reason: .budgetSpent)])
        #expect(policy.deadline == nil, "time alone does not help")
        #expect(asked(policy.setConfiguration(.init(budget: 2), at: at(300))) == 1)

        policy = afterAHint()
        _ = policy.consider(pause(), at: at(100))
        #expect(asked(policy.setConfiguration(.init(cooldown: .seconds(20)), at: at(101))) == 1)

        policy = policy0()
        #expect(policy.consider(pause(), at: at(100)) == [.hold(pause(), reason: .tierLimit)])
        #expect(asked(policy.setTierLimit(1, at: at(110))) == 1)

        func policy0() -> HintPolicy {
            var policy = self.policy()
            _ = policy.setTierLimit(0, at: .zero)
            return policy
        }
    }

    @Test func aHintThatNeverLeftHoldsNothingBack() {
        var policy = afterAHint()
        _ = policy.consider(pause(), at: at(100))
        #expect(asked(policy.retracted(deliveredAt: at(61), at: at(110))) == 1)
    }

    @Test func whoSpeaksOrCannotBeHeardIsNotOfferedAnything() {
        var policy = policy()
        _ = policy.consider(pause(), at: at(12))
        #expect(policy.candidateSpoke(at: at(20)) == [.drop(pause(), reason: .candidateSpoke)])
        _ = policy.consider(pause(2), at: at(30))
        #expect(policy.silenceIsUnknown(at: at(31)) == [.drop(pause(2), reason: .unheard)])
        _ = policy.consider(pause(3), at: at(40))
        #expect(policy.cancel(.optedOut, at: at(41)) == [.drop(pause(3), reason: .optedOut)])
        #expect(policy.deadline == nil && policy.timeout(at: at(100)).isEmpty)
    }

    @Test func anInterviewersWordLeavesItAndATurnEndsIt() {
        var policy = policy()
        _ = policy.consider(pause(), at: at(12))
        #expect(policy.interviewerSpeaking(true, at: at(59.5)).isEmpty)
        #expect(policy.deadline == nil, "not while somebody speaks")
        #expect(policy.interviewerSpeaking(false, at: at(59.9)).isEmpty)
        #expect(policy.deadline == at(60))
        #expect(asked(policy.timeout(at: at(60))) == 1)

        policy = self.policy()
        _ = policy.consider(pause(2), at: at(12))
        _ = policy.interviewerSpeaking(true, at: at(50))
        #expect(policy.interviewerSpeaking(false, at: at(53)) == [.drop(pause(2), reason: .interviewerSpeaking)])
    }

    @Test func whatIsToldAnewTakesItsPlace() {
        var policy = policy()
        _ = policy.consider(pause(1), at: at(12))
        #expect(
            policy.consider(pause(2), at: at(42)) == [
                .drop(pause(1), reason: .supersededByNewer),
                .hold(pause(2), reason: .quietStart(remaining: .seconds(18))),
            ])
        #expect(asked(policy.timeout(at: at(60))) == 2)
    }

    @Test func itStillWaitsForABoundary() {
        var policy = policy()
        _ = policy.consider(pause(), at: at(12))
        _ = policy.candidateTyped(at: at(59))
        #expect(policy.timeout(at: at(60)) == [.wait(pause(), reason: .typing)])
        #expect(asked(policy.timeout(at: at(61))) == 1)
    }

    @Test func aRequestGoesFirstAndItsHintHoldsTheSilenceOn() {
        var policy = policy()
        _ = policy.consider(pause(), at: at(12))
        guard case .ask(let ticket) = policy.consider(request, at: at(20)).first else {
            Issue.record("the request is not asked")
            return
        }
        #expect(policy.timeout(at: at(60)).isEmpty, "one request at a time")
        policy.delivered(ticket, tier: 1, at: at(61))
        #expect(policy.deadline == at(181))
        #expect(asked(policy.timeout(at: at(181))) == 1)
    }

    @Test func weakEvidenceIsNotHeld() {
        var policy = policy()
        var weak = pause()
        weak.trigger.confidence = 0.2
        #expect(policy.consider(weak, at: at(100)) == [.drop(weak, reason: .lowConfidence)])
    }

    @Test func askingAndTakingBackInALoopIsSlowedAsIfHintsWereGiven() {
        var policy = policy()
        guard case .ask(let ticket) = policy.consider(request, at: at(100)).first else {
            Issue.record("the request is not asked")
            return
        }
        #expect(policy.cancel(.optedOut, at: at(101)) == [.withdraw(ticket, reason: .optedOut)])
        #expect(
            policy.consider(request, at: at(106)) == [.drop(request, reason: .cooldown(remaining: .seconds(15)))])
        #expect(asked(policy.consider(request, at: at(121))) == 99)
    }
}
