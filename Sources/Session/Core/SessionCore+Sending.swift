import SansIO
import Wire

extension SessionCore {
    mutating func enqueue(_ message: Outgoing, at now: Instant) {
        for dropped in outbox.enqueue(message) { neverSent(dropped, because: "outbox_full", at: now) }
    }

    /// Sends what can be sent, in order; drops what is no longer worth it.
    mutating func flush(at now: Instant) {
        guard !outbox.isEmpty else { return }
        let (isConnected, consent) = (isConnected, consent)
        let (leaving, expired) = outbox.leaving(at: now) { isConnected && consent.isReachable($0) }
        for message in expired { neverSent(message, because: "expired", at: now) }
        for message in leaving { emit(message.effect) }
    }

    private mutating func neverSent(_ message: Outgoing, because reason: String, at now: Instant) {
        switch message.purpose {
        case .hint(let id): neverLeft(id, because: reason, at: now)
        case .observing, .notice, .chat, .hintCopy, .hintAgain, .wantedPictures:
            if reason != "expired" { note(.messageLost(to: message.to, reason: reason), at: now) }
        }
    }

    /// A hint that was to leave did not, and does not any more: it was not said.
    private mutating func neverLeft(_ id: String, because reason: String, at now: Instant) {
        note(.hintDropped(id: id, reason: reason), at: now)
        record(.hintDropped(hint: id, reason: reason), at: now)
        carryOut(hints.retract(id, at: now), at: now)
    }

    /// Takes back what has not left yet of the hints that are meant.
    mutating func takeBack(because reason: String, at now: Instant, where isMeant: (GivenHint) -> Bool) {
        let meant = Set(hints.given.filter(isMeant).map(\.id))
        guard !meant.isEmpty else { return }
        let taken = outbox.withdraw { $0.hintID.map(meant.contains) ?? false }
        for case .hint(let id) in taken.map(\.purpose) { neverLeft(id, because: reason, at: now) }
        for id in meant { hints.forgetAcknowledgement(of: id) }
    }

    /// - Parameter leftAt: when it was on the wire; `now` is when that is known.
    mutating func wasSent(_ id: String, leftAt: Instant, at now: Instant) {
        guard let message = outbox.confirmed(id) else { return }
        switch message.purpose {
        case .observing(let noticeID, let sid):
            note(.noticeSent(id: noticeID, kind: .observing, to: message.to), at: now)
            guard consent[message.to]?.facts.sid == sid else { return }
            if consent[message.to]?.noticedSID != sid {
                record(.noticed(identity: message.to, sid: sid), at: now)
            }
            consent[message.to]?.noticedSID = sid
            noticeLeft(noticeID, to: message.to, at: now)
            updateListening(at: now)
            takeHeld(of: message.to, at: now)
        case .notice(let noticeID, let kind):
            note(.noticeSent(id: noticeID, kind: kind, to: message.to), at: now)
            noticeLeft(noticeID, to: message.to, at: now)
            updateListening(at: now)
        case .hint(let id): hintWasSent(id, leftAt: leftAt, at: now)
        case .hintAgain(let id): note(.hintSentAgain(id: id), at: now)
        case .hintCopy, .chat, .wantedPictures: break
        }
    }

    private mutating func noticeLeft(_ id: String, to identity: Identity, at now: Instant) {
        guard consent.noticeLeft(id, to: identity), let sid = consent[identity]?.facts.sid else { return }
        record(.noticedCamera(identity: identity, sid: sid), at: now)
    }

    /// A hint counts as said from its intention on, so there is nothing to take back. Of what was to be told first nobody
    /// knows whether it was: it is told anew.
    mutating func mayHaveBeenSent(_ id: String, at now: Instant) {
        guard let message = outbox.impossible(id) else { return }
        note(.messageLost(to: message.to, reason: "connection_lost"), at: now)
        let member = consent[message.to]
        switch message.purpose {
        case .observing(let id, let sid):
            guard member?.facts.sid == sid, member?.isNoticed == false || member?.cameraNotice?.id == id else { return }
        case .notice(let id, _):
            guard member?.cameraNotice?.id == id else { return }
        default: return
        }
        consent[message.to]?.noticeRequestedSID = nil
        giveNotice(to: message.to, at: now)
    }

    mutating func wasNotSent(_ id: String, isForGood: Bool, at now: Instant) {
        guard let message = outbox.underWay[id] else { return }
        let reason = isForGood ? "cannot_be_sent" : objection(to: message)
        guard let reason else { return outbox.refused(id, at: now) }
        _ = outbox.impossible(id)
        // What waited for somebody who left is dropped without a word, and what was taken back was told when it was.
        let isTold = message.hintID.map { hints.hint($0) != nil } ?? isForGood
        if isTold { neverSent(message, because: reason, at: now) }
    }

    /// Why a message that was asked for and has not left may not leave any more; nil where it may.
    private func objection(to message: Outgoing) -> String? {
        if let id = message.hintID {
            guard isOn, let hint = hints.hint(id) else { return "paused" }
            if hint.tier > hints.policy.ceiling { return "tier_limit" }
        }
        // A hint waits for the candidate's return, and nothing for anybody else's.
        let isExpected = consent[message.to] != nil || (message.hintID != nil && message.to == candidate)
        return isExpected ? nil : "left"
    }

    /// Whether a message that was asked for may still leave, for who could not send it at once.
    public func mayLeave(_ messageID: String) -> Bool {
        outbox.underWay[messageID].map { objection(to: $0) == nil } ?? false
    }
}
