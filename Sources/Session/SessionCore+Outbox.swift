import SansIO

extension SessionCore {
    mutating func enqueue(_ message: Outgoing) {
        var message = message
        message.order = outgoingCount
        outgoingCount &+= 1
        outbox.append(message)
    }

    /// Sends what can be sent, in order; drops what is no longer worth it.
    mutating func flush(at now: Instant) {
        guard !outbox.isEmpty else { return }
        var kept: [Outgoing] = []
        // In order per participant: behind one that waits, the others wait too.
        var waiting: Set<String> = []
        for message in outbox {
            if let expiresAt = message.expiresAt, now >= expiresAt {
                expired(message, at: now)
            } else if isConnected, isReachable(message.to), !waiting.contains(message.to),
                message.notBefore.map({ $0 <= now }) ?? true
            {
                underWay[message.id] = message
                emit(message.effect)
            } else {
                waiting.insert(message.to)
                kept.append(message)
            }
        }
        outbox = kept
    }

    private mutating func expired(_ message: Outgoing, at now: Instant) {
        guard case .hint(let id) = message.purpose else { return }
        neverLeft(id, because: "expired", at: now)
    }

    /// A hint that was to leave did not, and does not any more: it was not said.
    private mutating func neverLeft(_ id: String, because reason: String, at now: Instant) {
        note(.hintDropped(id: id, reason: reason), at: now)
        record(.hintDropped(hint: id, reason: reason), at: now)
        for hint in given where hint.id == id { policy.retracted(deliveredAt: hint.at) }
        given.removeAll { $0.id == id }
    }

    /// Takes back what has not left yet of the hints that are meant.
    mutating func takeBack(because reason: String, at now: Instant, where isMeant: (GivenHint) -> Bool) {
        let meant = Set(given.filter(isMeant).map(\.id))
        guard !meant.isEmpty else { return }
        let taken = outbox.filter { $0.hintID.map(meant.contains) ?? false }
        outbox.removeAll { $0.hintID.map(meant.contains) ?? false }
        for case .hint(let id) in taken.map(\.purpose) { neverLeft(id, because: reason, at: now) }
        for id in meant { unacknowledged[id] = nil }
    }

    mutating func wasSent(_ id: String, at now: Instant) {
        guard let message = underWay.removeValue(forKey: id) else { return }
        switch message.purpose {
        case .observing(let noticeID, let sid):
            note(.noticeSent(id: noticeID, kind: .observing, to: message.to), at: now)
            guard participants[message.to]?.facts.sid == sid else { return }
            if participants[message.to]?.noticedSID != sid {
                record(.noticed(identity: message.to, sid: sid), at: now)
            }
            participants[message.to]?.noticedSID = sid
            updateListening(at: now)
            takeHeld(of: message.to, at: now)
        case .notice(let noticeID, let kind):
            note(.noticeSent(id: noticeID, kind: kind, to: message.to), at: now)
        case .hint(let id): hintWasSent(id, at: now)
        case .hintAgain(let id): note(.hintSentAgain(id: id), at: now)
        case .hintCopy, .chat: break
        }
    }

    /// Puts the message back to where it was in the order.
    mutating func wasNotSent(_ id: String, at now: Instant) {
        guard var message = underWay.removeValue(forKey: id) else { return }
        // While the connection counts as there, not at once again.
        message.notBefore = now + .seconds(1)
        outbox.insert(message, at: outbox.firstIndex { $0.order > message.order } ?? outbox.count)
    }
}
