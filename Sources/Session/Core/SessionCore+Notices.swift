import Coach
import SansIO
import Wire

extension SessionCore {
    /// Why there is no hint while it is not known for whom.
    static let noCandidate = "no_candidate"

    /// The notice that has to come first; once to each sid.
    mutating func giveNotice(to identity: Identity, at now: Instant) {
        guard let member = consent[identity], consent.isAddressed(member.facts), member.facts.isActive,
            member.noticeRequestedSID != member.facts.sid
        else { return }
        consent[identity]?.noticeRequestedSID = member.facts.sid
        guard let message = observingNotice(for: identity, at: now) else { return }
        noteTold(message, to: identity, at: now)
        enqueue(message, to: identity, sid: member.facts.sid, inChat: true, at: now)
        // Someone who joins later is told the state too, where it is not the usual one.
        if isEnded || isPaused { tell(isEnded ? .off : .paused, to: identity, at: now) }
        tellAmbiguity(to: identity, at: now)
    }

    /// What somebody is being told of what is used. Who takes the session over is to know where the camera is not any more:
    /// before it is looked at again, that is told anew.
    private mutating func noteTold(_ message: NoticeMessage, to identity: Identity, at now: Instant) {
        guard consent.tell(message, to: identity) else { return }
        record(.noticedCamera(identity: identity, sid: ""), at: now)
    }

    /// What holds now of what is used of the participant.
    mutating func observingNotice(for identity: Identity, at now: Instant) -> NoticeMessage? {
        guard let member = consent[identity] else { return nil }
        let observed = consent.observed(of: member)
        let text = NoticeText.observing(
            name: configuration.assistantName, role: consent.role(of: identity), observed: observed,
            isEncrypted: member.facts.hasEncryptedTracks, cameraProblem: consent.cameraProblem(of: member),
            usesClaude: configuration.usesClaude)
        var message = makeNotice(.observing, text: text, at: now)
        message.observed = observed
        message.stop = Topic.control.text
        return message
    }

    /// Whose code was here before and is not: texts of code do not outlive the process, nor an opt-out.
    private func lacksCode(of identity: Identity) -> Bool {
        coded.contains(identity) && !isEnded && consent.mayBeCandidate(identity)
            && !consent.refuses(.code, identity) && workspace.lastEdit(of: identity) == nil
    }

    private func wantCode(of identity: Identity, in message: inout NoticeMessage) {
        guard lacksCode(of: identity) else { return }
        message.topic = Topic.code.text
        message.resend = NoticeMessage.wholeText
    }

    /// After a take-over nobody's first notice is given again, at which clients send their code: they are asked for it, once.
    mutating func askForCode(of identity: Identity, at now: Instant) {
        guard let member = consent[identity], member.isNoticed, !member.wasAskedForCode, member.facts.isActive,
            lacksCode(of: identity)
        else { return }
        consent[identity]?.wasAskedForCode = true
        var message = makeNotice(.resend, text: NoticeText.resend(name: configuration.assistantName), at: now)
        wantCode(of: identity, in: &message)
        enqueue(message, to: identity, inChat: false, at: now)
    }

    /// Paused, on or off, to one participant.
    mutating func tell(_ kind: NoticeMessage.Kind, to identity: Identity, at now: Instant) {
        guard let member = consent[identity], consent.isAddressed(member.facts), member.facts.isActive else { return }
        let text = NoticeText.state(kind, name: configuration.assistantName)
        enqueue(makeNotice(kind, text: text, at: now), to: identity, inChat: true, at: now)
    }

    /// Paused, on or off, to everyone who knows of the assistant.
    mutating func tellEveryone(_ kind: NoticeMessage.Kind, at now: Instant) {
        for identity in consent.members.keys.sorted() where consent[identity]?.noticeRequestedSID != nil {
            tell(kind, to: identity, at: now)
        }
    }

    mutating func tellAmbiguity(at now: Instant) {
        for identity in consent.members.keys.sorted() { tellAmbiguity(to: identity, at: now) }
    }

    /// What was put off, as it stands now.
    mutating func tellPutOffAmbiguity(at now: Instant) {
        guard let due = candidateToldAt, due <= now else { return }
        candidateToldAt = nil
        tellAmbiguity(at: now)
    }

    /// That it is not known who the candidate is; and, to those who were told so, that it is. Twice at once, then now
    /// and then.
    mutating func tellAmbiguity(to identity: Identity, at now: Instant) {
        guard let member = consent[identity], consent.isAddressed(member.facts), member.facts.isActive,
            member.noticeRequestedSID == member.facts.sid, !isEnded
        else { return }
        let isAmbiguous = !consent.ambiguous.isEmpty && !member.wasToldAmbiguous
        guard isAmbiguous || (candidate != nil && member.wasToldNoHints) else { return }
        if let later = consent[identity]?.candidatePace.take(at: now) {
            // How things stand by then.
            candidateToldAt = earliest(candidateToldAt, later)
        } else if isAmbiguous {
            consent[identity]?.wasToldAmbiguous = true
            consent[identity]?.wasToldNoHints = true
            let text = NoticeText.noCandidate(name: configuration.assistantName)
            enqueue(makeNotice(.noCandidate, text: text, at: now), to: identity, inChat: true, at: now)
        } else {
            consent[identity]?.wasToldAmbiguous = false
            consent[identity]?.wasToldNoHints = false
            let text = NoticeText.candidateIsKnown(name: configuration.assistantName, isPaused: isPaused)
            enqueue(makeNotice(isPaused ? .paused : .on, text: text, at: now), to: identity, inChat: true, at: now)
        }
    }

    mutating func tellChoices(to identity: Identity, at now: Instant) {
        guard let member = consent[identity] else { return }
        let refused = consent.optedOut[identity] ?? []
        let observed = consent.observed(of: member)
        let text = NoticeText.choices(name: configuration.assistantName, observed: observed, refused: refused)
        var message = makeNotice(.choices, text: text, at: now)
        message.observed = observed
        message.stop = Topic.control.text
        wantCode(of: identity, in: &message)
        noteTold(message, to: identity, at: now)
        enqueue(message, to: identity, inChat: true, at: now)
    }

    /// That there is no hint for a request, to whoever asked; within the same allowance as errors.
    /// - Returns: whether it is told.
    @discardableResult
    mutating func decline(_ reason: String, remaining: Duration? = nil, to identity: Identity?, at now: Instant) -> Bool
    {
        guard let identity, allows(identity, code: reason, at: now) else { return false }
        let seconds = remaining.map { Int(clamping: ($0.wholeMilliseconds + 999) / 1000) }
        var message = makeNotice(.declined, text: NoticeText.declined(reason, seconds: seconds), at: now)
        message.code = reason
        message.topic = Topic.ask.text
        enqueue(message, to: identity, inChat: true, at: now)
        if reason == Self.noCandidate { consent[identity]?.wasToldNoHints = true }
        return true
    }

    /// Counts bad input and answers it, to its sender alone and not too often. Nothing else changes.
    mutating func refuse(topic: TopicName, sender: Identity?, _ error: WireError, at now: Instant) {
        let topic = Topic.shown(topic)
        note(.refused(topic: topic, sender: sender, code: error.code.rawValue), at: now)
        guard let sender, allows(sender, code: error.code.rawValue, isEditing: error.editing != nil, at: now) else {
            return
        }
        // Not more entries than notices, so that a broken client does not fill the journal.
        record(.refused(topic: topic, sender: sender, code: error.code.rawValue), at: now)
        var message = makeNotice(.error, text: "\(topic): \(error.message).", at: now)
        message.code = error.code.rawValue
        message.topic = topic
        if let editing = error.editing {
            message.path = DocumentPath(Neutraliser.oneLine(editing.path.text, limit: 512))
            message.revision = editing.revision
            message.resend = editing.isWholeTextWanted ? NoticeMessage.wholeText : nil
        }
        enqueue(message, to: sender, inChat: configuration.notices.errorsInChat, at: now)
    }

    /// An editor that is out of step mends itself by the notice, and must not be kept from it by other errors.
    mutating func allows(
        _ identity: Identity, code: String, isEditing: Bool = false, at now: Instant
    ) -> Bool {
        guard var member = consent[identity], consent.isAddressed(member.facts), member.facts.isActive else {
            return false
        }
        let isAllowed =
            isEditing
            ? member.allowances.editor.take(configuration.notices, at: now)
            : member.allowances.notices.take(configuration.notices, at: now)
        consent[identity] = member
        if !isAllowed { note(.noticeSuppressed(to: identity, code: code), at: now) }
        return isAllowed
    }

    mutating func makeNotice(_ kind: NoticeMessage.Kind, text: String, at now: Instant) -> NoticeMessage {
        NoticeMessage(
            id: makeID(at: now), issuedAt: timestamp(now), kind: kind, text: text, by: configuration.assistantName)
    }

    /// Chat goes first, so that the notice counts as given only once its last form has left. What says how things stand
    /// takes the place of what says how they stood and has not left.
    mutating func enqueue(
        _ message: NoticeMessage, to identity: Identity, sid: String? = nil, inChat: Bool, at now: Instant
    ) {
        let id = message.id.description
        let key: String? =
            switch message.kind {
            case .on, .paused, .off: "state"
            case .choices: "choices"
            case .noCandidate: "candidate"
            // Listening begins with a first notice: not with one that tells of less than there is now.
            case .observing: "observing"
            case .resend: "resend"
            case .declined, .error: nil
            }
        if inChat {
            for (form, content) in chatForms(of: message.text, id: id, at: message.issuedAt) {
                enqueue(
                    Outgoing(
                        id: "\(id)/\(form)", content: content, to: identity, purpose: .chat,
                        supersedes: key.map { "\($0)/\(form)" }), at: now)
            }
        }
        let purpose: Outgoing.Purpose =
            sid.map { .observing(noticeID: id, sid: $0) } ?? .notice(noticeID: id, message.kind)
        enqueue(
            Outgoing(
                id: "\(id)/notice", content: .packet(topic: Topic.notice, payload: message.encoded()), to: identity,
                purpose: purpose, supersedes: key), at: now)
    }

    /// A text in every form in which unchanged clients show it, as the settings say.
    func chatForms(of text: String, id: String, at time: Timestamp) -> [(form: String, content: Outgoing.Content)] {
        var forms: [(form: String, content: Outgoing.Content)] = []
        if configuration.chat.chat {
            forms.append(("chat", .text(topic: Topic.chat, text: text, streamID: id, attributes: [:])))
        }
        if configuration.chat.legacy {
            let message = LegacyChatMessage(
                id: id, timestamp: time.milliseconds, message: text, ignoreLegacy: configuration.chat.chat)
            forms.append(("legacy", .packet(topic: Topic.legacyChat, payload: message.encoded())))
        }
        if configuration.chat.transcription {
            forms.append(
                (
                    "transcription",
                    .text(
                        topic: Topic.transcription, text: text, streamID: "\(id)-t",
                        attributes: TranscriptionAttributes.final(segment: id))
                ))
        }
        return forms
    }
}
