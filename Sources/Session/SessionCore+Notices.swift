import SansIO
import Wire

extension SessionCore {
    /// What is observed of a participant, and whether it is.
    func observed(of facts: ParticipantFacts) -> [NoticeMessage.Observed] {
        let refused = optedOut[facts.identity] ?? []
        let isCandidate = facts.identity == candidate
        var observed = [
            NoticeMessage.Observed(
                source: .microphone,
                purpose: isCandidate || candidate == nil ? "for long pauses" : "for whose turn it is",
                used: !refused.contains(.microphone) && !(facts.hasEncryptedTracks && !facts.publishesMicrophone))
        ]
        if role(of: facts.identity) != .interviewer {
            observed.append(
                NoticeMessage.Observed(
                    source: .code, purpose: "what your application sends, for hints", used: !refused.contains(.code)))
        }
        return observed
    }

    /// The notice that has to come first; once to each sid.
    mutating func giveNotice(to identity: String, at now: Instant) {
        guard let member = participants[identity], isPerson(member.facts), member.facts.isActive,
            member.noticeRequestedSID != member.facts.sid
        else { return }
        participants[identity]?.noticeRequestedSID = member.facts.sid
        let facts = member.facts
        let observed = observed(of: facts)
        let text = NoticeText.observing(
            name: configuration.assistantName, role: role(of: identity), observed: observed,
            isEncrypted: facts.hasEncryptedTracks, usesClaude: configuration.usesClaude)
        var message = makeNotice(.observing, text: text, at: now)
        message.observed = observed
        message.stop = Topic.control
        participants[identity]?.told = observed
        enqueue(message, to: identity, sid: facts.sid, inChat: true)
        // Someone who joins later is told the state too, where it is not the usual one.
        if isEnded || isPaused { tell(isEnded ? .off : .paused, to: identity, at: now) }
        tellAmbiguity(to: identity, at: now)
    }

    /// Paused, on or off, to one participant.
    mutating func tell(_ kind: NoticeMessage.Kind, to identity: String, at now: Instant) {
        guard let member = participants[identity], isPerson(member.facts), member.facts.isActive else { return }
        let text = NoticeText.state(kind, name: configuration.assistantName)
        enqueue(makeNotice(kind, text: text, at: now), to: identity, inChat: true)
    }

    /// Paused, on or off, to everyone who knows of the assistant.
    mutating func tellEveryone(_ kind: NoticeMessage.Kind, at now: Instant) {
        for identity in participants.keys.sorted() where participants[identity]?.noticeRequestedSID != nil {
            tell(kind, to: identity, at: now)
        }
    }

    mutating func tellAmbiguity(at now: Instant) {
        for identity in participants.keys.sorted() { tellAmbiguity(to: identity, at: now) }
    }

    /// That it is not known who the candidate is; and, to those who were told, that it is.
    private mutating func tellAmbiguity(to identity: String, at now: Instant) {
        guard let member = participants[identity], isPerson(member.facts), member.noticeRequestedSID != nil,
            member.wasToldAmbiguous == ambiguous.isEmpty, !isEnded
        else { return }
        participants[identity]?.wasToldAmbiguous = !ambiguous.isEmpty
        if ambiguous.isEmpty {
            if !isPaused { tell(.on, to: identity, at: now) }
        } else {
            let text = NoticeText.noCandidate(name: configuration.assistantName)
            enqueue(makeNotice(.noCandidate, text: text, at: now), to: identity, inChat: true)
        }
    }

    mutating func tellChoices(to identity: String, at now: Instant) {
        guard let member = participants[identity] else { return }
        let refused = optedOut[identity] ?? []
        let text = NoticeText.choices(name: configuration.assistantName, refused: refused)
        var message = makeNotice(.choices, text: text, at: now)
        message.observed = observed(of: member.facts)
        message.stop = Topic.control
        participants[identity]?.told = message.observed
        enqueue(message, to: identity, inChat: true)
    }

    /// That there is no hint for a request, to whoever asked; within the same allowance as errors.
    /// - Returns: whether it is told.
    @discardableResult
    mutating func decline(_ reason: String, remaining: Duration? = nil, to identity: String?, at now: Instant) -> Bool {
        guard let identity, allows(identity, code: reason, at: now) else { return false }
        let seconds = remaining.map { Int(clamping: ($0.wholeMilliseconds + 999) / 1000) }
        var message = makeNotice(.declined, text: NoticeText.declined(reason, seconds: seconds), at: now)
        message.code = reason
        message.topic = Topic.ask
        enqueue(message, to: identity, inChat: true)
        return true
    }

    /// Counts bad input and answers it, to its sender alone and not too often. Nothing else changes.
    mutating func refuse(topic: String, sender: String?, _ error: WireError, at now: Instant) {
        let topic = Topic.shown(topic)
        note(.refused(topic: topic, sender: sender, code: error.code.rawValue), at: now)
        guard let sender, allows(sender, code: error.code.rawValue, at: now) else { return }
        // Not more entries than notices, so that a broken client does not fill the journal.
        record(.refused(topic: topic, sender: sender, code: error.code.rawValue), at: now)
        var message = makeNotice(.error, text: "\(topic): \(error.message).", at: now)
        message.code = error.code.rawValue
        message.topic = topic
        enqueue(message, to: sender, inChat: configuration.notices.errorsInChat)
    }

    private mutating func allows(_ identity: String, code: String, at now: Instant) -> Bool {
        guard var member = participants[identity], isPerson(member.facts), member.facts.isActive else { return false }
        let isAllowed = member.allowance.take(configuration.notices, at: now)
        participants[identity] = member
        if !isAllowed { note(.noticeSuppressed(to: identity, code: code), at: now) }
        return isAllowed
    }

    private mutating func makeNotice(_ kind: NoticeMessage.Kind, text: String, at now: Instant) -> NoticeMessage {
        NoticeMessage(
            id: makeID(at: now), issuedAt: timestamp(now), kind: kind, text: text, by: configuration.assistantName)
    }

    /// Chat goes first, so that the notice counts as given only once its last form has left.
    private mutating func enqueue(_ message: NoticeMessage, to identity: String, sid: String? = nil, inChat: Bool) {
        let id = message.id.description
        if inChat {
            for (form, content) in chatForms(of: message.text, id: id, at: message.issuedAt) {
                enqueue(Outgoing(id: "\(id)/\(form)", content: content, to: identity, purpose: .chat))
            }
        }
        let purpose: Outgoing.Purpose =
            sid.map { .observing(noticeID: id, sid: $0) } ?? .notice(noticeID: id, message.kind)
        enqueue(
            Outgoing(
                id: "\(id)/notice", content: .packet(topic: Topic.notice, payload: message.encoded()), to: identity,
                purpose: purpose))
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
