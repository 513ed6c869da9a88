import Coach
import Perception
import SansIO
import Wire

extension SessionCore {
    // MARK: Signals

    /// Takes what perception heard or saw; of someone who is not listened to, or watched, (any more) it counts for
    /// nothing.
    mutating func perceived(_ signal: Signal, of participant: Identity, at now: Instant) {
        let isKnown = signal.isSeen ? watching.contains(participant) : listening.contains(participant)
        guard signal.participant == participant, isKnown else { return }
        note(.heard(signal), at: now)
        standing.receive(signal, turn: configuration.policy.otherTurn)
        heard(signal, from: participant, at: now)
        guard participant == candidate else { return }
        if let moment = fusion.receive(signal) { consider(moment, at: now) }
        if case .gestureEnded(_, let kind, _, _, _) = signal {
            carryOut(hints.policy.gestureEnded(kind.rawValue, at: now), at: now)
        }
    }

    private mutating func heard(_ signal: Signal, from participant: Identity, at now: Instant) {
        switch signal {
        case .voiceBegan:
            if spoken.insert(participant).inserted { record(.spoke(identity: participant), at: now) }
            if participant == candidate {
                silenceIsUnknown(at: now)
                carryOut(hints.policy.candidateSpoke(at: now), at: now)
            } else if othersSpeaking.insert(participant).inserted, othersSpeaking.count == 1 {
                silenceIsUnknown(at: now)
                carryOut(hints.policy.interviewerSpeaking(true, at: now), at: now)
            }
        case .voiceEnded(_, let instant):
            if participant == candidate {
                if othersSpeaking.isEmpty { isSilent(participant, since: instant, at: now) }
            } else if othersSpeaking.remove(participant) != nil, othersSpeaking.isEmpty {
                carryOut(hints.policy.interviewerSpeaking(false, at: now), at: now)
            }
        case .pauseEnded(_, _, _, .unheard) where participant == candidate:
            carryOut(hints.policy.silenceIsUnknown(at: now), at: now)
        default: break
        }
    }

    // MARK: Silence, for whoever takes the session over

    private mutating func isSilent(_ identity: Identity, since instant: Instant, at now: Instant) {
        recordedSilence = identity
        record(.silent(identity: identity, since: timestamp(instant).milliseconds), at: now)
    }

    mutating func silenceIsUnknown(at now: Instant) {
        guard let identity = recordedSilence else { return }
        recordedSilence = nil
        record(.silent(identity: identity, since: nil), at: now)
    }

    /// What an earlier process heard counts for as long as a pause may be; after that nobody knows what was said since.
    mutating func takeRestoredSilence(of identity: Identity, at now: Instant) -> Instant? {
        guard let since = restoredSilence.removeValue(forKey: identity),
            now - since <= configuration.perception.pause.longestLongPause
        else { return nil }
        recordedSilence = identity
        return since
    }

    /// Who is found to be the candidate in the middle of a long pause is offered a hint for it.
    mutating func offerStandingPause(at now: Instant) {
        guard isOn, let candidate, listening.contains(candidate), let pause = standing.pause(of: candidate),
            let moment = fusion.receive(.longPause(pause))
        else { return }
        consider(moment, at: now)
    }

    private mutating func consider(_ moment: HelpMoment, at now: Instant) {
        var trigger = TriggerFacts(kind: moment.kind.rawValue, confidence: moment.confidence)
        trigger[.reasons] = moment.reasons.map(\.label).joined(separator: ", ")
        if let pause = moment.pause {
            // Who never spoke is not silent since then; how long they have not typed is said beside it.
            trigger.silentFor = pause.reasons.contains(.neverSpoke) ? nil : (now - pause.since).inSeconds
            trigger[.threshold] = Self.tenths(pause.threshold)
        }
        // Whoever raises a hand may mean somebody else in the room: no refusal is sent.
        consider(trigger, isRequest: moment.isRequest, startedAt: moment.since, asker: nil, at: now)
    }

    private static func tenths(_ duration: Duration) -> String {
        let tenths = duration.wholeMilliseconds / 100
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    mutating func consider(
        _ trigger: TriggerFacts, isRequest: Bool, startedAt: Instant, asker: Identity?, at now: Instant
    ) {
        let times = MomentTimes(startedAt: startedAt, triggeredAt: now, asker: asker)
        let moment = hints.open(trigger, isRequest: isRequest, times: times)
        carryOut(hints.policy.consider(moment, at: now), at: now)
    }

    // MARK: Decisions

    mutating func carryOut(_ decisions: [HintDecision], at now: Instant) {
        /// Since when what was withdrawn and is held now has lasted.
        var times: [HintMoment.ID: MomentTimes] = [:]
        for decision in decisions {
            switch decision {
            case .ask(let ticket): ask(ticket, at: now)
            case .wait(let moment, let reason):
                note(.waiting(trigger: moment.trigger.kind, reason: reason.rawValue), at: now)
            case .hold(let moment, let reason):
                if let times = times[moment.id] { hints.reopen(moment, times: times) }
                note(.waiting(trigger: moment.trigger.kind, reason: reason.label), at: now)
            case .drop(let moment, let reason):
                drop(moment, reason: reason.label, remaining: reason.remaining, at: now)
            case .withdraw(let ticket, let reason):
                guard let open = hints.request, open.ticket.id == ticket.id else { continue }
                times[ticket.moment.id] = open.times
                closeRequest(reason: reason.label, at: now)
            }
        }
    }

    private mutating func drop(_ moment: HintMoment, reason: String, remaining: Duration?, at now: Instant) {
        let times = hints.close(moment)
        note(.dropped(trigger: moment.trigger.kind, reason: reason), at: now)
        let isTold = decline(reason, remaining: remaining, to: times?.asker, at: now)
        // Of someone who asks without end, not more entries than answers.
        if isTold || times?.asker == nil { record(.dropped(trigger: moment.trigger.kind, reason: reason), at: now) }
    }

    private mutating func ask(_ ticket: HintTicket, at now: Instant) {
        let moment = ticket.moment
        guard let candidate else {
            hints.policy.failed(ticket, at: now)
            return drop(moment, reason: Self.noCandidate, remaining: nil, at: now)
        }
        let times = hints.close(moment) ?? MomentTimes(startedAt: now, triggeredAt: now)
        let id = makeID(at: now).description
        var trigger = moment.trigger
        // It may have waited: the facts are those of now.
        if trigger.silentFor != nil { trigger.silentFor = (now - times.startedAt).inSeconds }
        if let edit = workspace.lastEdit(of: candidate) { trigger[.typingIdle] = Self.tenths(now - edit) }
        if let lastRun {
            trigger[.passed] = "\(lastRun.passed)"
            trigger[.failed] = "\(lastRun.failed)"
        }
        let hintRequest = HintRequest(
            trigger: trigger, tier: ticket.tier, problem: problem,
            document: workspace.currentDocument(of: candidate), earlier: hints.summaries(at: now),
            said: Set(hints.given.map(\.fingerprint)), language: configuration.language, variation: variation)
        hints.ask(id: id, ticket: ticket, times: times, expiresAt: now + configuration.requestTimeout)
        record(.asked(request: id, trigger: trigger.kind, tier: ticket.tier), at: now)
        note(.asked(requestID: id, trigger: trigger, tier: ticket.tier), at: now)
        emit(.ask(requestID: id, hintRequest))
    }

    /// Another start in each room, and a step on with each hint.
    private var variation: Int {
        let start = Int(Fingerprint.of(room?.sid ?? "").prefix(7), radix: 16) ?? 0
        return start + hints.given.count
    }

    /// The request, or the hint that came of it, is not wanted any more.
    private mutating func closeRequest(reason: String, at now: Instant) {
        guard let open = hints.closeRequest() else { return }
        if let composed = open.composed {
            let id = composed.id.description
            note(.hintDropped(id: id, reason: reason), at: now)
            record(.hintDropped(hint: id, reason: reason), at: now)
        } else {
            emit(.cancelAsk(requestID: open.id))
            note(.withdrawn(requestID: open.id, reason: reason), at: now)
            record(.withdrawn(request: open.id, reason: reason), at: now)
        }
        decline(reason, to: open.times.asker, at: now)
    }

    mutating func expireRequest(at now: Instant) {
        guard let open = hints.request, now >= open.expiresAt else { return }
        hints.policy.failed(open.ticket, at: now)
        closeRequest(reason: open.composed == nil ? "coach_gone" : "expired", at: now)
    }

    // MARK: Answers

    mutating func answered(_ id: String, _ outcome: CoachOutcome, at now: Instant) {
        note(.answered(requestID: id, outcome), at: now)
        guard let open = hints.awaited(id) else { return note(.withdrawn(requestID: id, reason: "late"), at: now) }
        let source = outcome.hint?.source.rawValue ?? outcome.notClaude?.label ?? "none"
        record(.answered(request: id, source: source), at: now)
        guard let hint = outcome.hint else { return giveUp(open, reason: "no_hint", at: now) }
        guard !hints.wasSaid(Fingerprint.ofHint(hint.text)) else { return giveUp(open, reason: "repeated", at: now) }
        hints.compose(
            ComposedHint(id: makeID(at: now), hint: hint, answeredAt: now, coach: outcome.elapsed),
            expiresAt: now + configuration.hintLifetime)
    }

    private mutating func giveUp(_ open: OpenRequest, reason: String, at now: Instant) {
        hints.policy.failed(open.ticket, at: now)
        _ = hints.closeRequest()
        useStandingPause(open)
        let trigger = open.ticket.moment.trigger.kind
        note(.dropped(trigger: trigger, reason: reason), at: now)
        record(.dropped(trigger: trigger, reason: reason), at: now)
        decline(reason, to: open.times.asker, at: now)
    }

    private mutating func useStandingPause(_ open: OpenRequest) {
        if let candidate, !open.ticket.moment.isRequest { standing.use(candidate) }
    }

    /// Sends the composed hint once connection and candidate are there. From here on it counts as said.
    mutating func sendComposed(at now: Instant) {
        guard let open = hints.request, let composed = open.composed, let candidate else { return }
        guard isConnected, consent.isReachable(candidate) else {
            if hints.isNewlyHeldUp() {
                let reason = isConnected ? "candidate_away" : "connection_lost"
                note(.hintHeld(id: composed.id.description, reason: reason), at: now)
            }
            return
        }
        _ = hints.closeRequest()
        useStandingPause(open)
        let id = composed.id.description
        let recipients = [candidate] + consent.interviewers.filter(consent.isReachable)
        let trigger = open.ticket.moment.trigger
        let served = hints.policy.delivered(open.ticket, tier: composed.hint.tier, at: now)
        let sent = TimelineEvent.HintSent(
            id: id, hint: composed.hint, trigger: trigger, to: recipients, sinceTrigger: now - open.times.triggeredAt,
            coach: composed.coach,
            waited: (open.ticket.issuedAt - open.times.triggeredAt) + (now - composed.answeredAt))
        hints.give(
            GivenHint(
                id: id, fingerprint: Fingerprint.ofHint(composed.hint.text), tier: composed.hint.tier, to: recipients,
                summary: HintSummary(tier: composed.hint.tier, text: composed.hint.text, anchor: composed.hint.anchor),
                at: now, facts: sent))
        record(.intended(recordOf(composed, trigger: trigger.kind, to: recipients, expiresAt: open.expiresAt)), at: now)
        enqueue(composed, of: open, to: recipients, at: now)
        carryOut(served, at: now)
    }

    private func recordOf(
        _ composed: ComposedHint, trigger: String, to recipients: [Identity], expiresAt: Instant
    ) -> JournalEntry.HintRecord {
        let anchor = composed.hint.anchor.map {
            "\(Fingerprint.of($0.path))@\($0.revision):\($0.startLine)-\($0.endLine)"
        }
        return JournalEntry.HintRecord(
            id: composed.id.description, tier: composed.hint.tier, source: composed.hint.source.rawValue,
            trigger: trigger, to: recipients, text: Fingerprint.ofHint(composed.hint.text), anchor: anchor,
            expires: timestamp(expiresAt).milliseconds)
    }

    /// First the packets, then the forms for unchanged clients.
    private mutating func enqueue(
        _ composed: ComposedHint, of open: OpenRequest, to recipients: [Identity], at now: Instant
    ) {
        let id = composed.id.description
        let trigger = open.ticket.moment.trigger
        let message = HintMessage(
            id: composed.id, issuedAt: timestamp(now), expiresAt: timestamp(open.expiresAt),
            trigger: .init(
                kind: trigger.kind, confidence: trigger.confidence, startedAt: timestamp(open.times.startedAt)),
            hint: composed.hint)
        let payload = message.encoded()
        hints.keep(
            LivingHint(
                id: id, tier: composed.hint.tier, to: recipients, payload: payload, expiresAt: open.expiresAt), at: now)
        for (index, identity) in recipients.enumerated() {
            enqueue(
                Outgoing(
                    id: "\(id)/hint/\(index)", content: .packet(topic: Topic.hint, payload: payload), to: identity,
                    purpose: index == 0 ? .hint(id) : .hintCopy(id), expiresAt: open.expiresAt), at: now)
        }
        for (index, identity) in recipients.enumerated() where index == 0 || configuration.chat.interviewers {
            // In a chat nobody is named as its author: the assistant is a hidden participant.
            let author = index == 0 ? configuration.assistantName : "Hint to the candidate"
            let text = "\(author): \(composed.hint.text)"
            for (form, content) in chatForms(of: text, id: id, at: message.issuedAt) {
                enqueue(
                    Outgoing(
                        id: "\(id)/\(form)/\(index)", content: content, to: identity, purpose: .hintCopy(id),
                        expiresAt: open.expiresAt), at: now)
            }
        }
        if let candidate, acknowledges(candidate) {
            let awaited = UnacknowledgedHint(
                to: candidate, payload: payload, resendAt: nil, resends: 0, expiresAt: open.expiresAt)
            hints.awaitAcknowledgement(of: id, by: awaited)
        }
    }

    /// Whether the participant's client said that it acknowledges hints.
    private func acknowledges(_ identity: Identity) -> Bool {
        guard let member = consent[identity] else { return false }
        return member.acknowledges || member.facts.attributes[AttributeKey(Topic.ack.text)] != nil
    }

    mutating func hintWasSent(_ id: String, leftAt: Instant, at now: Instant) {
        record(.sent(hint: id), at: leftAt)
        if let hint = hints.hint(id), var sent = hint.facts {
            sent.sinceTrigger += max(leftAt, hint.at) - hint.at
            note(.hintSent(sent), at: leftAt)
        }
        hints.left(id, resendAt: now + configuration.ackTimeout)
    }

    /// Again, to clients that said they acknowledge hints and did not: the same id, so that it is shown once.
    mutating func sendAgain(at now: Instant) {
        let (isConnected, consent) = (isConnected, consent)
        let due = hints.dueAgain(at: now, interval: configuration.ackTimeout, most: configuration.ackResends) {
            isConnected && consent.isReachable($0)
        }
        for (id, hint) in due {
            let content = Outgoing.Content.packet(topic: Topic.hint, payload: hint.payload)
            enqueue(
                Outgoing(
                    id: "\(id)/again/\(hint.resends)", content: content, to: hint.to, purpose: .hintAgain(id),
                    expiresAt: hint.expiresAt), at: now)
        }
    }
}
