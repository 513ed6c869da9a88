import SansIO

extension ICEAgent {
    /// Does all that is due, and finds out state and deadline. Every verb ends here.
    mutating func advance(at now: Instant) {
        guard state != .closed else { return }
        if state == .failed && !isRestarting { return }
        previous?.service(at: now, context: &context)
        current.service(at: now, context: &context)
        if current.selected != nil, previous?.selected != nil {
            previous?.retire(until: now + context.configuration.disconnectedTimeout)
        }
        if let end = previous?.retiresAt, end <= now { previous = nil }
        // RFC 7675 §5.1: without consent nothing more is sent, also while the new session has no pair.
        if previous?.consent?.freshness(at: now, context.configuration) == .expired { previous = nil }
        let next = derivedState(at: now)
        setState(next)
        guard next != .failed else {
            current.stop()
            previous = nil
            isRestart = false
            deadline = nil
            return
        }
        let due = earliest(current.deadline(at: now, context: context), previous?.deadline(at: now, context: context))
        // Everything due has been done, so a deadline of now would only make the caller spin.
        deadline = due.map { max($0, now + .milliseconds(1)) }
    }

    private func derivedState(at now: Instant) -> State {
        if let consent = current.consent {
            switch consent.freshness(at: now, context.configuration) {
            case .fresh: return .connected
            case .stale: return .disconnected
            case .expired: return .failed
            }
        }
        if let consent = previous?.consent {
            switch consent.freshness(at: now, context.configuration) {
            case .fresh: return .connected
            case .stale: return .checking
            case .expired: break
            }
        }
        if current.remote == nil { return isRestart ? .checking : .new }
        return current.hasGivenUp(at: now) ? .failed : .checking
    }

    mutating func setState(_ next: State) {
        guard next != state else { return }
        state = next
        context.emit(.stateChanged(next))
    }

    /// RFC 8445 §9. A pair in use, of the present session or still of the one before, goes on carrying data.
    mutating func beginGeneration(startedByRemote: Bool) {
        if current.selected != nil {
            previous = current
            previous?.isChecking = false
        }
        current = ICEGeneration(localCredentials: ICECredentials(using: &context.random))
        current.isStartedByRemote = startedByRemote
        isRestart = true
    }

    mutating func takeEarlyCandidates() {
        let early = earlyCandidates
        earlyCandidates = []
        for candidate in early {
            if let ufrag = candidate.ufrag, ufrag != current.remote?.credentials.ufrag {
                setAside(candidate, .otherSession)
            } else if !current.addRemote(candidate, context: context) {
                setAside(candidate, .tooMany)
            }
        }
    }

    mutating func setAside(_ candidate: ICECandidate, _ reason: ICESetAsideCandidate.Reason) {
        if setAsideCandidates.count >= 64 { setAsideCandidates.removeFirst() }
        setAsideCandidates.append(ICESetAsideCandidate(candidate: candidate, reason: reason))
    }

    mutating func changeRole(to role: Role) {
        guard role != context.role else { return }
        context.role = role
        current.roleChanged(context: context)
        context.emit(.roleChanged(role))
    }
}
