import SansIO

/// Time.
extension SCTPAssociation {
    /// When `timeout` wants to be called; `nil` is never. It may change with every verb and every poll.
    public var deadline: Instant? {
        guard state != .ended else { return nil }
        var due = earliest(controlTimer, heartbeat.deadline)
        due = earliest(due, reconfiguration.deadline)
        due = earliest(due, earliest(sender.timer, earliest(sender.lossDeadline, sender.probeDeadline)))
        due = earliest(due, receiver.reminderDeadline)
        return receiver.isAckDue ? due : earliest(due, receiver.ackDeadline)
    }

    public mutating func timeout(at now: Instant) {
        self.now = now
        guard state != .ended else { return }
        if let controlTimer, controlTimer <= now {
            self.controlTimer = nil
            controlAttempts += 1
            switch state {
            case .cookieWait, .cookieEchoed: handshakeTimedOut()
            case .shutdownSent, .shutdownAckSent: shutdownTimedOut()
            default: break
            }
        }
        if let (chunk, isUnanswered) = heartbeat.timeout(at: now, random: &random) {
            if isUnanswered { heartbeatFailures += 1 }
            control.append(.heartbeat(chunk))
        }
        reconfiguration.timeout(at: now)
        receiver.timeout(at: now)
        sender.timeout(at: now)
        if let limit = options.maximumRetransmissions, sender.failures > limit || heartbeatFailures > limit {
            abort(ErrorCause(.userInitiatedAbort, text: "path failed"), reporting: .failed(.pathFailed))
        }
    }

    /// Arms T1 or T2, with exponential back-off.
    mutating func armControlTimer() {
        let base = sender.rto.smoothed == nil ? options.initialRTO : sender.rto.base
        let doubled = base * (1 << min(controlAttempts, 16))
        controlTimer = now + min(doubled, max(base, options.maximumBackoff))
    }
}
