import Coach
import Perception
import SansIO
import Wire

extension SessionCore {
    /// What may be held of a participant until the notice has gone out.
    private static let mostHeld = 16
    private static let mostHeldBytes = 4 << 20

    mutating func received(_ input: HeldInput, from sender: Identity?, at now: Instant) {
        guard input.topic.hasPrefix(Topic.prefix) else { return }
        // The server blanks a hidden participant's identity, and anyone can claim nothing: no authority.
        guard let sender, !sender.isEmpty else { return refuseUnknown(input, from: sender, at: now) }
        guard let member = consent[sender] else {
            if !early.hold(input, from: sender, at: now) { refuseUnknown(input, from: sender, at: now) }
            return
        }
        guard consent.isAddressed(member.facts) else {
            let error = WireError(.notAllowed, "only people in the room may send this")
            return refuse(topic: input.topic, sender: sender, error, at: now)
        }
        guard isWithinBudget(input, from: sender, at: now) else { return }
        let isObserved = input.topic == Topic.code || input.topic == Topic.runResult
        if isObserved { sendsPlainly(sender, at: now) }
        if isObserved, consent[sender]?.isNoticed != true {
            hold(input, from: sender, at: now)
        } else {
            take(input, from: sender, at: now)
        }
    }

    /// Whether there is time to read it. What is beyond is answered once, until the sender is within again. An opt-out is
    /// always read: it is small, and saying it again changes nothing.
    private mutating func isWithinBudget(_ input: HeldInput, from sender: Identity, at now: Instant) -> Bool {
        if consent[sender]?.allowances.input.take(input.byteCount, at: now) ?? true { return true }
        if isOptOut(input) { return true }
        refuseExcess(topic: input.topic, of: sender, at: now)
        return false
    }

    /// Answered once, until the sender is well within the budget again.
    mutating func refuseExcess(topic: TopicName?, of sender: Identity?, at now: Instant) {
        let topic = topic.map { Topic.shown($0) }
        note(.refused(topic: topic ?? "", sender: sender, code: WireError.Code.tooMuch.rawValue), at: now)
        guard let sender, let member = consent[sender], consent.isAddressed(member.facts),
            !member.allowances.input.isToldOfExcess
        else { return }
        consent[sender]?.allowances.input.isToldOfExcess = true
        var message = makeNotice(
            .error,
            text: "You send more than can be read; what comes now is passed over. Send whole files, less often.",
            at: now)
        message.code = WireError.Code.tooMuch.rawValue
        message.topic = topic
        enqueue(message, to: sender, inChat: configuration.notices.errorsInChat, at: now)
    }

    private func isOptOut(_ input: HeldInput) -> Bool {
        guard input.topic == Topic.control, case .packet(let payload) = input.content, payload.count <= 4096 else {
            return false
        }
        return (try? ControlMessage(decoding: payload))?.action == .optOut
    }

    private mutating func refuseUnknown(_ input: HeldInput, from sender: Identity?, at now: Instant) {
        note(.refused(topic: Topic.shown(input.topic), sender: sender, code: "no_sender"), at: now)
    }

    /// What came before the server said who its sender is.
    mutating func takeEarly(of identity: Identity, at now: Instant) {
        for input in early.take(from: identity) {
            received(input, from: identity, at: now)
        }
    }

    mutating func expireEarly(at now: Instant) {
        for (identity, inputs) in early.expire(at: now) {
            for input in inputs { refuseUnknown(input, from: identity, at: now) }
        }
    }

    /// Who encrypts was told that no code is used. What comes from them and can be read is used only after a notice that
    /// it is.
    private mutating func sendsPlainly(_ identity: Identity, at now: Instant) {
        guard let member = consent[identity], member.facts.hasEncryptedTracks, !member.sendsPlainly else { return }
        consent[identity]?.sendsPlainly = true
        tellAgain(identity, at: now)
    }

    /// Nothing of a participant is used before the notice; what came too early waits for it.
    private mutating func hold(_ input: HeldInput, from sender: Identity, at now: Instant) {
        guard var member = consent[sender] else { return }
        let bytes = member.held.reduce(input.byteCount) { $0 &+ $1.byteCount }
        guard member.held.count < Self.mostHeld, bytes <= Self.mostHeldBytes else {
            let error = WireError(
                .tooLarge, "too much came before the notice had been given; send the whole file again")
            return refuse(topic: input.topic, sender: sender, error, at: now)
        }
        member.held.append(input)
        consent[sender] = member
    }

    mutating func takeHeld(of identity: Identity, at now: Instant) {
        guard let held = consent[identity]?.held, !held.isEmpty else { return }
        consent[identity]?.held = []
        for input in held { take(input, from: identity, at: now) }
    }

    private mutating func take(_ input: HeldInput, from sender: Identity, at now: Instant) {
        do throws(WireError) {
            switch (input.topic, input.content) {
            case (Topic.code, .packet(let payload)):
                try take(CodeMessage(decoding: payload), from: sender, at: now)
            case (Topic.code, .text(let attributes, let text)):
                try take(CodeMessage(attributes: attributes, text: text), from: sender, at: now)
            case (Topic.problem, .packet(let payload)):
                try take(problem: ProblemMessage(decoding: payload).text, from: sender, at: now)
            case (Topic.problem, .text(_, let text)): try take(problem: text, from: sender, at: now)
            case (Topic.ask, .packet(let payload)): try take(AskMessage(decoding: payload), from: sender, at: now)
            case (Topic.runResult, .packet(let payload)):
                try take(RunResultMessage(decoding: payload), from: sender, at: now)
            case (Topic.control, .packet(let payload)):
                try obey(ControlMessage(decoding: payload), from: sender, at: now)
            case (Topic.ack, .packet(let payload)): try take(AckMessage(decoding: payload), from: sender, at: now)
            case (Topic.hello, .packet(let payload)): try take(HelloMessage(decoding: payload), from: sender, at: now)
            case (Topic.frame, _):
                throw WireError(.wrongMessage, "pictures are read from byte streams of \(FrameMessage.mediaType)")
            case (let topic, .text) where Topic.incoming.contains(topic):
                throw WireError(.wrongMessage, "this topic is read from user packets, not from text streams")
            default: throw WireError(.unknownTopic, "the assistant reads nothing on this topic")
            }
        } catch {
            refuse(topic: input.topic, sender: sender, error, at: now)
        }
    }

    // MARK: Code

    private mutating func take(_ message: CodeMessage, from sender: Identity, at now: Instant) throws(WireError) {
        guard !isEnded, !consent.refuses(.code, sender) else { return }
        guard consent.mayBeCandidate(sender) else {
            throw WireError(.notAllowed, "only the candidate's code is read")
        }
        let isFirst = workspace.lastEdit(of: sender) == nil
        var changed = true
        let change = try message.change()
        do throws(WorkspaceError) {
            switch change {
            case .replace(let path, let language, let revision, let text):
                changed = try workspace.replace(
                    path: path, language: language, revision: revision, text: text, from: sender, at: now)
            case .edit(let path, let base, let revision, let edits):
                try workspace.edit(path: path, base: base, revision: revision, edits: edits, from: sender, at: now)
            }
        } catch {
            throw WireError(error)
        }
        if coded.insert(sender).inserted { record(.coded(identity: sender), at: now) }
        let isUsed = sender == candidate
        if let document = workspace.document(path: message.path, of: sender) {
            note(
                .code(
                    from: sender, path: document.path.text, language: document.language, revision: document.revision,
                    bytes: document.content.byteCount, isUsed: isUsed), at: now)
        }
        if isFirst {
            // What a client sends when it begins is not typing.
            emit(.codeFeed(participant: sender, isPresent: true))
        } else if changed {
            emit(.typed(participant: sender))
            standing.typed(sender)
            if isUsed { carryOut(hints.policy.candidateTyped(at: now), at: now) }
        }
    }

    private mutating func take(problem text: String, from sender: Identity, at now: Instant) throws(WireError) {
        guard consent.role(of: sender) == .interviewer else {
            throw WireError(.notAllowed, "only an interviewer may set the problem")
        }
        try ProblemMessage.check(text)
        toldProblem = text
        note(.problem(bytes: text.utf8.count, from: sender), at: now)
    }

    private mutating func take(_ result: RunResultMessage, from sender: Identity, at now: Instant) throws(WireError) {
        guard sender == candidate else {
            throw WireError(.notAllowed, "only the candidate's runs are read")
        }
        guard !isEnded, !consent.refuses(.code, sender) else { return }
        if let lastRun, result.passed > lastRun.passed { hints.policy.progressed(at: now) }
        lastRun = result
        fusion.ran(failed: result.failed, at: now)
        note(.runResult(from: sender, passed: result.passed, failed: result.failed), at: now)
    }

    // MARK: Requests

    private mutating func take(_ ask: AskMessage, from sender: Identity, at now: Instant) throws(WireError) {
        let role = consent.role(of: sender)
        if let reason = isEnded ? "ended" : candidate == nil ? Self.noCandidate : nil {
            decline(reason, to: sender, at: now)
            return
        }
        guard role == .candidate || role == .interviewer else {
            throw WireError(.notAllowed, "only the candidate or an interviewer may ask for a hint")
        }
        var trigger = TriggerFacts(kind: TriggerFacts.request, confidence: 1)
        trigger[.question] = ask.question
        consider(trigger, isRequest: true, startedAt: now, asker: sender, at: now)
    }

    // MARK: Acknowledgements

    private mutating func take(_ ack: AckMessage, from sender: Identity, at now: Instant) throws(WireError) {
        let id = ack.id.description
        let status = ack.status ?? .seen
        switch hints.acknowledge(id, by: sender, status) {
        case .unknown: throw WireError(.unknownHint, "there is no hint of this id for you")
        // Said again it is no news, and is not to fill the journal.
        case .repeated: return
        case .news: break
        }
        record(.acknowledged(hint: id, by: sender, status: status.rawValue), at: now)
        note(.hintAcknowledged(id: id, by: sender, status), at: now)
    }
}
