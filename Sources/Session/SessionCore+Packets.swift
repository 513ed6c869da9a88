import Coach
import Perception
import SansIO
import Wire

extension SessionCore {
    /// What may be held of a participant until the notice has gone out.
    private static let mostHeld = 16
    private static let mostHeldBytes = 4 << 20

    mutating func received(topic: String, sender: String?, _ content: HeldInput.Content, at now: Instant) {
        guard topic.hasPrefix(Topic.prefix) else { return }
        let input = HeldInput(topic: topic, content: content)
        // The server blanks a hidden participant's identity, and anyone can claim nothing: no authority.
        guard let sender, !sender.isEmpty else { return refuseUnknown(input, from: sender, at: now) }
        guard let member = participants[sender] else {
            if !early.hold(input, from: sender, at: now) { refuseUnknown(input, from: sender, at: now) }
            return
        }
        guard isPerson(member.facts) else {
            let error = WireError(.notAllowed, "only people in the room may send this")
            return refuse(topic: topic, sender: sender, error, at: now)
        }
        let isObserved = topic == Topic.code || topic == Topic.runResult
        if isObserved, !member.isNoticed {
            hold(input, from: sender, at: now)
        } else {
            take(input, from: sender, at: now)
        }
    }

    private mutating func refuseUnknown(_ input: HeldInput, from sender: String?, at now: Instant) {
        note(.refused(topic: Topic.shown(input.topic), sender: sender, code: "no_sender"), at: now)
    }

    /// What came before the server said who its sender is.
    mutating func takeEarly(of identity: String, at now: Instant) {
        for input in early.take(from: identity) {
            received(topic: input.topic, sender: identity, input.content, at: now)
        }
    }

    mutating func expireEarly(at now: Instant) {
        for (identity, inputs) in early.expire(at: now) {
            for input in inputs { refuseUnknown(input, from: identity, at: now) }
        }
    }

    /// Nothing of a participant is used before the notice; what came too early waits for it.
    private mutating func hold(_ input: HeldInput, from sender: String, at now: Instant) {
        guard var member = participants[sender] else { return }
        let bytes = member.held.reduce(input.byteCount) { $0 &+ $1.byteCount }
        guard member.held.count < Self.mostHeld, bytes <= Self.mostHeldBytes else {
            let error = WireError(
                .tooLarge, "too much came before the notice had been given; send the whole file again")
            return refuse(topic: input.topic, sender: sender, error, at: now)
        }
        member.held.append(input)
        participants[sender] = member
    }

    mutating func takeHeld(of identity: String, at now: Instant) {
        guard let held = participants[identity]?.held, !held.isEmpty else { return }
        participants[identity]?.held = []
        for input in held { take(input, from: identity, at: now) }
    }

    private mutating func take(_ input: HeldInput, from sender: String, at now: Instant) {
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
                try take(ControlMessage(decoding: payload), from: sender, at: now)
            case (Topic.ack, .packet(let payload)): try take(AckMessage(decoding: payload), from: sender, at: now)
            case (let topic, .text) where Topic.incoming.contains(topic):
                throw WireError(.wrongMessage, "this topic is read from user packets, not from text streams")
            default: throw WireError(.unknownTopic, "the assistant reads nothing on this topic")
            }
        } catch {
            refuse(topic: input.topic, sender: sender, error, at: now)
        }
    }

    // MARK: Code

    private mutating func take(_ message: CodeMessage, from sender: String, at now: Instant) throws(WireError) {
        guard !isEnded, !(optedOut[sender]?.contains(.code) ?? false) else { return }
        let isFirst = workspace.lastEdit(of: Identity(sender)) == nil
        var changed = true
        let change = try message.change()
        do throws(WorkspaceError) {
            switch change {
            case .replace(let path, let language, let revision, let text):
                changed = try workspace.replace(
                    path: DocumentPath(path), language: language, revision: revision, text: text,
                    from: Identity(sender), at: now)
            case .edit(let path, let base, let revision, let edits):
                try workspace.edit(
                    path: DocumentPath(path), base: base, revision: revision, edits: edits, from: Identity(sender),
                    at: now)
            }
        } catch {
            throw WireError(error)
        }
        let isUsed = sender == candidate
        if let document = workspace.document(path: DocumentPath(message.path), of: Identity(sender)) {
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
            if isUsed { carryOut(policy.candidateTyped(at: now), at: now) }
        }
    }

    private mutating func take(problem text: String, from sender: String, at now: Instant) throws(WireError) {
        guard role(of: sender) == .interviewer else {
            throw WireError(.notAllowed, "only an interviewer may set the problem")
        }
        try ProblemMessage.check(text)
        toldProblem = text
        note(.problem(bytes: text.utf8.count, from: sender), at: now)
    }

    private mutating func take(_ result: RunResultMessage, from sender: String, at now: Instant) throws(WireError) {
        guard sender == candidate else {
            throw WireError(.notAllowed, "only the candidate's runs are read")
        }
        guard !isEnded, !(optedOut[sender]?.contains(.code) ?? false) else { return }
        if let lastRun, result.passed > lastRun.passed { policy.progressed(at: now) }
        lastRun = result
        note(.runResult(from: sender, passed: result.passed, failed: result.failed), at: now)
    }

    // MARK: Requests

    private mutating func take(_ ask: AskMessage, from sender: String, at now: Instant) throws(WireError) {
        let role = role(of: sender)
        if let reason = isEnded ? "ended" : candidate == nil ? "no_candidate" : nil {
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

    // MARK: Control

    private mutating func take(_ control: ControlMessage, from sender: String, at now: Instant) throws(WireError) {
        switch control.action {
        case .optOut, .optIn: choose(control, of: sender, at: now)
        case .pause, .resume, .end, .tierLimit:
            guard role(of: sender) == .interviewer else {
                throw WireError(.notAllowed, "only an interviewer may do this")
            }
            if isEnded, control.action != .end {
                throw WireError(.notAllowed, "the assistant has ended for this session")
            }
            steer(control, by: sender, at: now)
        }
        note(.control(control.action, by: sender), at: now)
    }

    private mutating func steer(_ control: ControlMessage, by sender: String, at now: Instant) {
        switch control.action {
        case .pause where !isPaused:
            isPaused = true
            record(.paused(by: sender), at: now)
            setOff(at: now)
            tellEveryone(.paused, at: now)
        case .resume where isPaused:
            isPaused = false
            record(.resumed(by: sender), at: now)
            carryOut(policy.setPaused(false, at: now), at: now)
            updateListening(at: now)
            tellEveryone(.on, at: now)
        case .end where !isEnded:
            isEnded = true
            record(.ended(by: sender), at: now)
            setOff(at: now)
            tellEveryone(.off, at: now)
        case .tierLimit:
            record(.tierLimit(control.tier, by: sender), at: now)
            carryOut(policy.setTierLimit(control.tier), at: now)
            takeBack(because: "tier_limit", at: now) { [ceiling = policy.ceiling] in $0.tier > ceiling }
        // Said twice: nothing is to be done or told again.
        case .pause, .resume, .end, .optOut, .optIn: break
        }
    }

    private mutating func setOff(at now: Instant) {
        carryOut(policy.setPaused(true, at: now), at: now)
        updateListening(at: now)
        // A hint that has not left yet does not leave any more.
        takeBack(because: "paused", at: now) { _ in true }
    }

    /// What a participant lets be used of their own.
    private mutating func choose(_ control: ControlMessage, of sender: String, at now: Instant) {
        let sources = Set(control.sources ?? ObservedSource.allCases)
        let before = optedOut[sender] ?? []
        let after = control.action == .optOut ? before.union(sources) : before.subtracting(sources)
        if after != before {
            optedOut[sender] = after.isEmpty ? nil : after
            record(.optedOut(identity: sender, sources: after.sorted()), at: now)
            let taken = after.subtracting(before)
            if taken.contains(.code) {
                if workspace.lastEdit(of: Identity(sender)) != nil {
                    emit(.codeFeed(participant: sender, isPresent: false))
                }
                workspace.forget(sender: Identity(sender))
                if sender == candidate { lastRun = nil }
            }
            if sender == candidate, taken.contains(.code) || (taken.contains(.microphone) && restsOnVoice) {
                endMoments(because: "opted_out", at: now)
            }
            updateListening(at: now)
        }
        tellChoices(to: sender, at: now)
    }

    // MARK: Acknowledgements

    private mutating func take(_ ack: AckMessage, from sender: String, at now: Instant) throws(WireError) {
        let id = ack.id.description
        guard let index = given.firstIndex(where: { $0.id == id }), given[index].to.contains(sender) else {
            throw WireError(.unknownHint, "there is no hint of this id for you")
        }
        let status = ack.status ?? .seen
        if unacknowledged[id]?.to == sender { unacknowledged[id] = nil }
        // Said again it is no news, and is not to fill the journal.
        guard given[index].acknowledged.updateValue(status, forKey: sender) != status else { return }
        record(.acknowledged(hint: id, by: sender, status: status.rawValue), at: now)
        note(.hintAcknowledged(id: id, by: sender, status), at: now)
    }
}
