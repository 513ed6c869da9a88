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

    /// The coach has been asked for a pause since 100 s, and a hand went up a second later.
    private func policyThatAsks() throws -> (HintPolicy, HintTicket) {
        var policy = HintPolicy()
        policy.start(at: .zero)
        guard case .ask(let ticket)? = policy.consider(Self.pause(1), at: at(100)).first else {
            throw CancellationError()
        }
        #expect(policy.consider(Self.hand(2), at: at(101)) == [.hold(Self.hand(2), reason: .alreadyAsking)])
        return (policy, ticket)
    }

    @Test("while the coach is being asked is served by that hint, which nothing takes back any more")
    func servedByTheAnswer() throws {
        var (policy, ticket) = try policyThatAsks()
        #expect(policy.candidateSpoke(at: at(102)).isEmpty && policy.candidateTyped(at: at(102)).isEmpty)
        #expect(policy.delivered(ticket, tier: 1, at: at(103)) == [.drop(Self.hand(2), reason: .alreadyAsking)])
        #expect(policy.deadline == nil)
    }

    @Test("while the coach is being asked is asked for at once where no hint comes of that, unless it was lowered")
    func askedWhereNothingComes() throws {
        var (policy, ticket) = try policyThatAsks()
        policy.failed(ticket, at: at(103))
        #expect(try #require(policy.deadline) <= at(103))
        var lowered = policy
        #expect(
            lowered.gestureEnded(TriggerFacts.raisedHand, at: at(103))
                == [.drop(Self.hand(2), reason: .gestureEnded)])
        #expect(lowered.timeout(at: at(103)).isEmpty)
        guard case .ask(let next)? = policy.timeout(at: at(103)).first else {
            Issue.record("not asked")
            return
        }
        #expect(next.moment == Self.hand(2))
    }

    @Test("a palm that another's word holds up outlasts their turn, and ends with the gesture")
    func palmBesideAnotherVoice() throws {
        var policy = HintPolicy()
        policy.start(at: .zero)
        _ = policy.interviewerSpeaking(true, at: at(100))
        #expect(
            policy.consider(Self.palm(1), at: at(101)) == [.hold(Self.palm(1), reason: .interviewerSpeaking)])
        var taken = policy
        #expect(
            taken.gestureEnded(TriggerFacts.palmToForehead, at: at(102))
                == [.drop(Self.palm(1), reason: .gestureEnded)])
        #expect(taken.interviewerSpeaking(false, at: at(110)).isEmpty)
        guard case .ask(let ticket)? = policy.interviewerSpeaking(false, at: at(110)).first else {
            Issue.record("not asked")
            return
        }
        #expect(ticket.moment == Self.palm(1))
    }

    @Test("a palm that is held says what it waits for whenever that is something else, and once each")
    func reasonsOfAHeldPalm() throws {
        var policy = HintPolicy()
        policy.start(at: .zero)
        guard case .ask(let ticket)? = policy.consider(Self.hand(1), at: at(100)).first else {
            throw CancellationError()
        }
        #expect(policy.consider(Self.palm(2), at: at(101)) == [.hold(Self.palm(2), reason: .alreadyAsking)])
        #expect(
            policy.delivered(ticket, tier: 1, at: at(103)) == [
                .hold(Self.palm(2), reason: .cooldown(remaining: .seconds(120)))
            ])
        #expect(policy.timeout(at: at(150)).isEmpty && policy.interviewerSpeaking(true, at: at(151)).isEmpty)
        #expect(policy.interviewerSpeaking(false, at: at(152)).isEmpty)
        guard case .ask(let next)? = policy.timeout(at: at(223)).first else {
            Issue.record("not asked")
            return
        }
        #expect(next.moment == Self.palm(2))
    }

    @Test("a palm that waits for the typing to end is not asked about once it is gone; a hand that was up is")
    func gestureOverWhileWaiting() {
        var policy = HintPolicy()
        policy.start(at: .zero)
        _ = policy.candidateTyped(at: at(100))
        #expect(policy.consider(Self.palm(1), at: at(100.1)) == [.wait(Self.palm(1), reason: .typing)])
        #expect(
            policy.gestureEnded(TriggerFacts.palmToForehead, at: at(100.2))
                == [.drop(Self.palm(1), reason: .gestureEnded)])
        #expect(policy.consider(Self.hand(2), at: at(100.3)) == [.wait(Self.hand(2), reason: .typing)])
        #expect(policy.gestureEnded(TriggerFacts.raisedHand, at: at(100.4)).isEmpty)
        guard case .ask(let ticket)? = policy.timeout(at: at(110)).first else {
            Issue.record("not asked")
            return
        }
        #expect(ticket.moment == Self.hand(2))
    }
}
