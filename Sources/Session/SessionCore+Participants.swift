import SansIO

extension SessionCore {
    mutating func update(_ facts: ParticipantFacts, at now: Instant) {
        // A reloaded page counts its revisions from the start.
        if participants[facts.identity]?.facts.sid != facts.sid {
            workspace.restartRevisions(of: Identity(facts.identity))
        }
        if var member = participants[facts.identity] {
            let isAnew = member.facts.sid != facts.sid
            let wasEncrypted = member.facts.hasEncryptedTracks
            member.facts = facts
            if isAnew {
                member.noticedSID = nil
                member.wasToldAmbiguous = false
                member.held = []
                outbox.removeAll { $0.to == facts.identity && $0.isNotice }
            } else if facts.hasEncryptedTracks, !wasEncrypted, member.isNoticed {
                // What is said about encryption has changed.
                member.noticeRequestedSID = nil
            }
            participants[facts.identity] = member
        } else {
            var member = Member(facts: facts)
            // An earlier process told this very participant already.
            if restoredNotices[facts.identity] == facts.sid {
                member.noticedSID = facts.sid
                member.noticeRequestedSID = facts.sid
            }
            participants[facts.identity] = member
        }
        if facts.identity == candidate, facts.isMuted { silenceIsUnknown(at: now) }
        resolveRoles(at: now)
        takeEarly(of: facts.identity, at: now)
        tellAgain(facts.identity, at: now)
        giveNotice(to: facts.identity, at: now)
        updateListening(at: now)
    }

    mutating func remove(_ identity: String, at now: Instant) {
        guard participants.removeValue(forKey: identity) != nil else { return }
        // A hint waits for the candidate's return.
        outbox.removeAll { $0.to == identity && ($0.isNotice || identity != candidate) }
        if identity != candidate { workspace.forget(sender: Identity(identity)) }
        resolveRoles(at: now)
        updateListening(at: now)
    }

    func isReachable(_ identity: String) -> Bool {
        participants[identity]?.facts.isActive ?? false
    }

    // MARK: Roles

    var resolver: RoleResolver {
        RoleResolver(namedCandidate: job.candidate, namedInterviewers: Set(job.interviewers))
    }

    /// Nil for someone who is not here, or has no role.
    func role(of identity: String) -> ParticipantRole? {
        if identity == candidate, ambiguous.isEmpty { return .candidate }
        return participants[identity].flatMap { resolver.role(of: $0.facts) }
    }

    /// Identities, in a fixed order.
    var interviewers: [String] {
        participants.values.filter { resolver.role(of: $0.facts) == .interviewer && $0.facts.identity != candidate }
            .map(\.facts.identity).sorted()
    }

    mutating func resolveRoles(at now: Instant) {
        let before = (candidate, ambiguous)
        switch resolver.candidate(among: participants.values.map(\.facts), previous: candidate) {
        case .unknown: (candidate, ambiguous) = (nil, [])
        case .known(let identity): (candidate, ambiguous) = (identity, [])
        case .ambiguous(let identities): (candidate, ambiguous) = (nil, identities)
        }
        guard before != (candidate, ambiguous) else { return }
        if before.0 != candidate {
            note(.candidate(identity: candidate), at: now)
            record(.candidate(identity: candidate), at: now)
            endMoments(because: "candidate_changed", at: now)
            lastRun = nil
        }
        if !ambiguous.isEmpty {
            note(.ambiguous(ambiguous), at: now)
        }
        tellAmbiguity(at: now)
        if let candidate { tellAgain(candidate, at: now) }
        updateSpeaking(at: now)
    }

    /// Who was told of less use than there is now, or of another one before being the candidate, is told of this one.
    private mutating func tellAgain(_ identity: String, at now: Instant) {
        guard let member = participants[identity], member.noticeRequestedSID == member.facts.sid else { return }
        let observed = observed(of: member.facts)
        guard let told = member.told else {
            // An earlier process gave the notice: what holds now is taken for what it said.
            participants[identity]?.told = observed
            return
        }
        let isMore = observed.contains { now in now.used && !told.contains { $0.source == now.source && $0.used } }
        guard isMore || (identity == candidate && told != observed) else { return }
        if isMore {
            // Said to be left alone, as an encrypted microphone is: not before the new notice has left.
            participants[identity]?.noticedSID = nil
            updateListening(at: now)
        }
        participants[identity]?.noticeRequestedSID = nil
        giveNotice(to: identity, at: now)
    }

    // MARK: Listening

    /// Whose microphone may be decoded: that of those who were told, did not opt out, and only while the assistant is on.
    private func mayListen(to member: Member) -> Bool {
        !isPaused && !isEnded && isPerson(member.facts) && member.isNoticed && member.facts.publishesMicrophone
            && !(optedOut[member.facts.identity]?.contains(.microphone) ?? false)
    }

    /// Agents, recorders and telephone bridges are no one's microphone.
    func isPerson(_ facts: ParticipantFacts) -> Bool {
        facts.kind == .standard && !facts.isHidden
    }

    mutating func updateListening(at now: Instant) {
        let wanted = Set(participants.values.filter { mayListen(to: $0) }.map(\.facts.identity))
        for identity in listening.subtracting(wanted).sorted() {
            listening.remove(identity)
            emit(.listen(participant: identity, enabled: false, hasSpoken: spoken.contains(identity), silentSince: nil))
            if identity == candidate { silenceIsUnknown(at: now) }
            note(.listening(participant: identity, false), at: now)
        }
        for identity in wanted.subtracting(listening).sorted() {
            listening.insert(identity)
            emit(
                .listen(
                    participant: identity, enabled: true, hasSpoken: spoken.contains(identity),
                    silentSince: takeRestoredSilence(of: identity, at: now)))
            if workspace.lastEdit(of: Identity(identity)) != nil {
                emit(.codeFeed(participant: identity, isPresent: true))
            }
            note(.listening(participant: identity, true), at: now)
        }
        updateSpeaking(at: now)
    }

    /// Who else than the candidate is speaking, as far as that is still heard.
    mutating func updateSpeaking(at now: Instant) {
        guard !othersSpeaking.isEmpty else { return }
        othersSpeaking.formIntersection(listening)
        if let candidate { othersSpeaking.remove(candidate) }
        if othersSpeaking.isEmpty { carryOut(policy.interviewerSpeaking(false, at: now), at: now) }
    }
}

extension Outgoing {
    var isNotice: Bool {
        switch purpose {
        case .observing, .notice, .chat: true
        case .hint, .hintCopy, .hintAgain: false
        }
    }

    /// Of the hint that it carries in any form.
    var hintID: String? {
        switch purpose {
        case .observing, .notice, .chat: nil
        case .hint(let id), .hintCopy(let id), .hintAgain(let id): id
        }
    }
}
