import Coach
import SansIO
import Testing

@Suite("A hand that stays up")
struct RaisedHandTests {
    private static func hand(_ id: UInt64) -> HintMoment {
        HintMoment(
            id: id, trigger: TriggerFacts(kind: TriggerFacts.raisedHand, confidence: 0.9), isRequest: true, lasts: true)
    }

    private static func pause(_ id: UInt64) -> HintMoment {
        HintMoment(id: id, trigger: TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.9), isRequest: false)
    }

    private static func palm(_ id: UInt64) -> HintMoment {
        HintMoment(id: id, trigger: TriggerFacts(kind: TriggerFacts.palmToForehead, confidence: 0.5), isRequest: false)
    }

    private func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1_000)) }

    /// A hint was given at 100 s.
    private func policyAfterHint() throws -> HintPolicy {
        var policy = HintPolicy()
        policy.start(at: .zero)
        guard case .ask(let ticket)? = policy.consider(Self.hand(1), at: at(100)).first else {
            throw CancellationError()
        }
        policy.delivered(ticket, tier: 1, at: at(100))
        return policy
    }

    @Test("is heard at once, in the quiet start too")
    func atOnce() {
        var policy = HintPolicy()
        policy.start(at: .zero)
        guard case .ask? = policy.consider(Self.hand(1), at: at(1)).first else {
            Issue.record("not asked")
            return
        }
    }

    @Test("in the cooldown of requests is heard after it, if it is still up; one that was lowered is not")
    func heldUntilCooldownIsOver() throws {
        var policy = try policyAfterHint()
        guard case .hold(Self.hand(2), .cooldown)? = policy.consider(Self.hand(2), at: at(110)).first else {
            Issue.record("not held")
            return
        }
        #expect(policy.deadline == at(120))
        #expect(policy.candidateSpoke(at: at(112)).isEmpty, "speaking does not take it back")
        var lowered = policy
        #expect(
            lowered.gestureEnded(TriggerFacts.raisedHand, at: at(115)) == [
                .drop(Self.hand(2), reason: .gestureEnded)
            ])
        #expect(lowered.deadline == nil)
        guard case .ask(let ticket)? = policy.timeout(at: at(120)).first else {
            Issue.record("not asked")
            return
        }
        #expect(ticket.moment == Self.hand(2))
    }

    @Test("is not taken off its place by a silence, and takes one's")
    func overSilence() throws {
        var policy = try policyAfterHint()
        _ = policy.consider(Self.pause(2), at: at(105))
        #expect(policy.consider(Self.hand(3), at: at(110)).contains(.drop(Self.pause(2), reason: .supersededByNewer)))
        #expect(policy.consider(Self.pause(4), at: at(112)) == [.drop(Self.pause(4), reason: .alreadyWaiting)])
        #expect(policy.deadline == at(120))
    }

    @Test("a palm's moment that is held ends with the palm, not with the sound")
    func heldPalm() throws {
        var policy = try policyAfterHint()
        _ = policy.consider(Self.palm(2), at: at(110))
        #expect(policy.silenceIsUnknown(at: at(111)).isEmpty)
        #expect(policy.gestureEnded(TriggerFacts.raisedHand, at: at(112)).isEmpty)
        #expect(
            policy.gestureEnded(TriggerFacts.palmToForehead, at: at(113)) == [
                .drop(Self.palm(2), reason: .gestureEnded)
            ])
    }
}
