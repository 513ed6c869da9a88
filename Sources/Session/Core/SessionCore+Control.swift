import Coach
import SansIO
import Wire

extension SessionCore {
    mutating func obey(_ control: ControlMessage, from sender: Identity, at now: Instant) throws(WireError) {
        let isNews: Bool
        switch control.action {
        case .optOut, .optIn: isNews = choose(control, of: sender, at: now)
        case .pause, .resume, .end, .tierLimit:
            guard consent.role(of: sender) == .interviewer else {
                throw WireError(.notAllowed, "only an interviewer may do this")
            }
            if isEnded, control.action != .end {
                throw WireError(.notAllowed, "the assistant has ended for this session")
            }
            isNews = steer(control, by: sender, at: now)
        }
        if isNews { note(.control(control.action, by: sender), at: now) }
    }

    // MARK: Interviewers

    /// - Returns: whether something is otherwise now.
    private mutating func steer(_ control: ControlMessage, by sender: Identity, at now: Instant) -> Bool {
        switch control.action {
        case .pause where !isPaused:
            isPaused = true
            carryOver = nil
            record(.paused(by: sender), at: now)
            setOff(at: now)
            tellEveryone(.paused, at: now)
        case .pause:
            // Said twice, or after a resumption that has not taken effect.
            resumption.want(nil)
            return false
        case .resume where isPaused:
            guard resumption.relax(to: sender, at: now) else { return false }
            resume(by: sender, at: now)
        case .resume where carryOver != nil:
            record(.resumed(by: sender), at: now)
            forgetCarryOver(at: now)
        case .end where !isEnded:
            isEnded = true
            carryOver = nil
            resumption.want(nil)
            raising.want(nil)
            record(.ended(by: sender), at: now)
            setOff(at: now)
            tellEveryone(.off, at: now)
        case .tierLimit: return limit(to: control.tier, by: sender, at: now)
        // Said twice: nothing is to be done or told again.
        case .resume, .end, .optOut, .optIn: return false
        }
        return true
    }

    private mutating func resume(by sender: Identity, at now: Instant) {
        isPaused = false
        record(.resumed(by: sender), at: now)
        carryOut(hints.policy.setPaused(!isOn, at: now), at: now)
        updateListening(at: now)
        tellEveryone(.on, at: now)
    }

    /// - Returns: whether it holds from now on.
    private mutating func limit(to tier: Int?, by sender: Identity, at now: Instant) -> Bool {
        let before = hints.policy.tierLimit
        guard tier != before else {
            raising.want(nil)
            return false
        }
        if (tier ?? .max) > (before ?? .max) {
            guard raising.relax(to: TierLimit(tier: tier, by: sender), at: now) else { return false }
        } else {
            raising.want(nil)
        }
        setLimit(TierLimit(tier: tier, by: sender), at: now)
        return true
    }

    private mutating func setLimit(_ limit: TierLimit, at now: Instant) {
        record(.tierLimit(limit.tier, by: limit.by), at: now)
        carryOut(hints.policy.setTierLimit(limit.tier, at: now), at: now)
        takeBack(because: "tier_limit", at: now) { [ceiling = hints.policy.ceiling] in $0.tier > ceiling }
    }

    mutating func setOff(at now: Instant) {
        carryOut(hints.policy.setPaused(true, at: now), at: now)
        updateListening(at: now)
        // A hint that has not left yet does not leave any more.
        takeBack(because: "paused", at: now) { _ in true }
    }

    // MARK: Everybody

    /// What a participant lets be used of their own.
    /// - Returns: whether it is worth a line.
    private mutating func choose(_ control: ControlMessage, of sender: Identity, at now: Instant) -> Bool {
        let sources = Set(control.sources ?? ObservedSource.allCases)
        switch consent.choose(sources, isOptOut: control.action == .optOut, of: sender, at: now) {
        case .changed(let taken, let refused): chosen(taken: taken, refused: refused, of: sender, at: now)
        // It is told once it holds.
        case .later: return false
        // Said again and again, nothing changes: it is answered now and then, and not worth a line.
        case .nothing:
            if allows(sender, code: control.action.rawValue, at: now) { tellChoices(to: sender, at: now) }
            return false
        }
        tellChoices(to: sender, at: now)
        return true
    }

    private mutating func chosen(
        taken: Set<ObservedSource>, refused: Set<ObservedSource>, of sender: Identity, at now: Instant
    ) {
        record(.optedOut(identity: sender, sources: refused.sorted()), at: now)
        if taken.contains(.code) {
            if workspace.lastEdit(of: sender) != nil { emit(.codeFeed(participant: sender, isPresent: false)) }
            workspace.forget(sender: sender)
            if sender == candidate {
                lastRun = nil
                fusion.forgetRun()
            }
        }
        let isTaken =
            taken.contains(.code) || (taken.contains(.microphone) && hints.restsOnVoice)
            || (taken.contains(.camera) && hints.restsOnCamera)
        if sender == candidate, isTaken {
            carryOut(hints.policy.cancel(.optedOut, at: now), at: now)
        }
        updateListening(at: now)
    }

    // MARK: What was put off

    /// What was allowed again too soon after the last time, and holds from now on.
    mutating func takeRelaxations(at now: Instant) {
        for (identity, choice) in consent.takeRelaxations(at: now) {
            guard case .changed(let taken, let refused) = choice else { continue }
            chosen(taken: taken, refused: refused, of: identity, at: now)
            tellChoices(to: identity, at: now)
            note(.control(.optIn, by: identity), at: now)
        }
        if let sender = resumption.takeDue(at: now), isPaused {
            resume(by: sender, at: now)
            note(.control(.resume, by: sender), at: now)
        }
        if let limit = raising.takeDue(at: now) {
            setLimit(limit, at: now)
            note(.control(.tierLimit, by: limit.by), at: now)
        }
    }

    var relaxationDeadline: Instant? {
        earliest(consent.deadline, earliest(resumption.deadline, raising.deadline))
    }
}

/// An interviewer's highest tier; nil for none.
struct TierLimit: Sendable, Hashable {
    var tier: Int?
    var by: Identity
}
