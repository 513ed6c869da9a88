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
        case .observing, .notice, .chat, .hintCopy, .hintAgain:
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

    mutating func wasSent(_ id: String, at now: Instant) {
        guard let message = outbox.confirmed(id) else { return }
        switch message.purpose {
        case .observing(let noticeID, let sid):
            note(.noticeSent(id: noticeID, kind: .observing, to: message.to), at: now)
            guard consent[message.to]?.facts.sid == sid else { return }
            if consent[message.to]?.noticedSID != sid {
                record(.noticed(identity: message.to, sid: sid), at: now)
            }
            consent[message.to]?.noticedSID = sid
            updateListening(at: now)
            takeHeld(of: message.to, at: now)
        case .notice(let noticeID, let kind):
            note(.noticeSent(id: noticeID, kind: kind, to: message.to), at: now)
        case .hint(let id): hintWasSent(id, at: now)
        case .hintAgain(let id): note(.hintSentAgain(id: id), at: now)
        case .hintCopy, .chat: break
        }
    }

    mutating func wasNotSent(_ id: String, isForGood: Bool, at now: Instant) {
        guard isForGood else { return outbox.refused(id, at: now) }
        if let message = outbox.impossible(id) { neverSent(message, because: "cannot_be_sent", at: now) }
    }
}
