import Perception
import SansIO
import Wire

extension SessionCore {
    mutating func update(_ facts: ParticipantFacts, at now: Instant) {
        let identity = facts.identity
        if consent.update(facts) == .anew {
            // A reloaded page counts its revisions from the start, and has seen no notice.
            workspace.restartRevisions(of: identity)
            _ = outbox.withdraw { $0.to == identity && $0.isNotice }
        }
        if identity == candidate, facts.isMuted { silenceIsUnknown(at: now) }
        if facts.isMuted { standing.use(identity) }
        resolveRoles(at: now)
        settleCarryOver(by: facts, at: now)
        forgetCodeOfOthers()
        takeEarly(of: identity, at: now)
        tellAgain(identity, at: now)
        giveNotice(to: identity, at: now)
        askForCode(of: identity, at: now)
        tellAmbiguity(to: identity, at: now)
        updateListening(at: now)
    }

    mutating func remove(_ identity: Identity, at now: Instant) {
        guard consent.remove(identity, configuration, at: now) else { return }
        // A hint waits for the candidate's return.
        let isCandidate = identity == candidate
        _ = outbox.withdraw { $0.to == identity && ($0.isNotice || !isCandidate) }
        if !isCandidate { workspace.forget(sender: identity) }
        resolveRoles(at: now)
        updateListening(at: now)
    }

    // MARK: Roles

    mutating func resolveRoles(at now: Instant) {
        guard let before = consent.resolveRoles() else { return }
        if before.candidate != candidate {
            note(.candidate(identity: candidate), at: now)
            record(.candidate(identity: candidate), at: now)
            carryOut(hints.policy.cancel(.candidateChanged, at: now), at: now)
            lastRun = nil
            fusion.reset()
        }
        forgetCodeOfOthers()
        if !consent.ambiguous.isEmpty { note(.ambiguous(consent.ambiguous), at: now) }
        tellAmbiguity(at: now)
        tellAllAgain(at: now)
        updateSpeaking(at: now)
        if before.candidate != candidate { offerStandingPause(at: now) }
    }

    /// Code is kept only of who may be the candidate.
    private mutating func forgetCodeOfOthers() {
        for identity in workspace.authors where !consent.mayBeCandidate(identity) {
            let isHere = consent[identity] != nil
            // Who is away may come back as the candidate, as long as nobody else is.
            guard isHere || candidate != nil else { continue }
            workspace.forget(sender: identity)
            if isHere { emit(.codeFeed(participant: identity, isPresent: false)) }
        }
    }

    mutating func tellAllAgain(at now: Instant) {
        for identity in consent.members.keys.sorted() { tellAgain(identity, at: now) }
    }

    /// Why a camera cannot be looked at, or that it can: one participant's, or nobody's.
    mutating func take(cameraProblem problem: String?, of identity: Identity?, at now: Instant) {
        consent.setCameraProblem(problem, of: identity)
        if let identity { tellAgain(identity, at: now) } else { tellAllAgain(at: now) }
        updateListening(at: now)
    }

    /// Who was told of less use than there is now, of use that there is not any more, or of another one before being the
    /// candidate, is told of this one.
    mutating func tellAgain(_ identity: Identity, at now: Instant) {
        guard let member = consent[identity], member.noticeRequestedSID == member.facts.sid else { return }
        let observed = consent.observed(of: member)
        // An earlier process gave the notice: what holds now is taken for what it said, but for the camera, of which it is
        // known whether it was told.
        let told = member.told ?? observed.filter { $0.source != .camera || member.cameraNotice != nil }
        consent[identity]?.told = told
        let more = observed.filter { now in now.used && !told.contains { $0.source == now.source && $0.used } }
        let isMore = !more.isEmpty
        let isLess = told.contains { old in old.used && !observed.contains { $0.source == old.source && $0.used } }
        guard isMore || isLess || (identity == candidate && told != observed) else { return }
        // A camera waits by itself.
        if more.contains(where: { $0.source != .camera }) {
            // Said to be left alone, as an encrypted microphone is: not before the new notice has left.
            consent[identity]?.noticedSID = nil
            updateListening(at: now)
        }
        // One that has not left yet gives its place to the next.
        if member.isNoticed, let later = consent[identity]?.observedPace.take(at: now) {
            // How things stand by then. A camera or microphone that came back waits for it.
            observedToldAt = earliest(observedToldAt, later)
            return
        }
        consent[identity]?.noticeRequestedSID = nil
        giveNotice(to: identity, at: now)
    }

    /// What was put off, as it stands now.
    mutating func tellPutOffUse(at now: Instant) {
        guard let due = observedToldAt, due <= now else { return }
        observedToldAt = nil
        tellAllAgain(at: now)
    }

    // MARK: Listening

    mutating func updateListening(at now: Instant) {
        let (left, begun) = consent.updateListening(isOn: isOn)
        for identity in left {
            emit(.listen(participant: identity, enabled: false, hasSpoken: spoken.contains(identity), silentSince: nil))
            if identity == candidate {
                silenceIsUnknown(at: now)
                fusion.unheard()
            }
            standing.ignore(identity, at: now, turn: configuration.policy.otherTurn)
            note(.listening(participant: identity, false), at: now)
        }
        for identity in begun {
            emit(
                .listen(
                    participant: identity, enabled: true, hasSpoken: spoken.contains(identity),
                    silentSince: takeRestoredSilence(of: identity, at: now)))
            if workspace.lastEdit(of: identity) != nil { emit(.codeFeed(participant: identity, isPresent: true)) }
            note(.listening(participant: identity, true), at: now)
        }
        updateSpeaking(at: now)
        updateWatching(at: now)
    }

    /// Whose camera is looked at: the candidate's alone.
    private mutating func updateWatching(at now: Instant) {
        let (left, begun) = consent.updateWatching(isOn: isOn)
        for (identities, isWatched) in [(left, false), (begun, true)] {
            for identity in identities {
                if !isWatched, identity == candidate { endGestures(at: now) }
                emit(.watch(participant: identity, enabled: isWatched))
                note(.watching(participant: identity, isWatched), at: now)
            }
        }
        tellWantedPictures(at: now)
    }

    /// What they still do nobody sees any more: what comes of the camera now counts for nothing.
    private mutating func endGestures(at now: Instant) {
        for kind in Gesture.Kind.allCases { carryOut(hints.policy.gestureEnded(kind.rawValue, at: now), at: now) }
    }

    /// Who else than the candidate is speaking, as far as that is still heard.
    mutating func updateSpeaking(at now: Instant) {
        guard !othersSpeaking.isEmpty else { return }
        othersSpeaking.formIntersection(listening)
        if let candidate { othersSpeaking.remove(candidate) }
        if othersSpeaking.isEmpty { carryOut(hints.policy.interviewerSpeaking(false, at: now), at: now) }
    }
}
