import NIOCore
import SansIO

// What falls due with time.
extension ICEGeneration {
    mutating func service(at now: Instant, context: inout ICEContext) {
        guard retiresAt == nil else { return }
        serviceTransactions(at: now, context: &context)
        serviceConsent(at: now, context: &context)
        serviceNomination(at: now, context: &context)
        serviceReminder(at: now, context: &context)
        serviceFailedPairs(at: now, context: context)
        serviceChecks(at: now, context: &context)
    }

    private mutating func serviceTransactions(at now: Instant, context: inout ICEContext) {
        let configuration = context.configuration
        var given: [ICETransaction] = []
        for index in transactions.indices {
            guard let nextAt = transactions[index].nextAt, nextAt <= now else { continue }
            guard transactions[index].transmissions < configuration.maximumTransmissions else {
                given.append(transactions[index])
                continue
            }
            let wait = min(transactions[index].retransmission * 2, configuration.maximumRetransmission)
            transactions[index].transmissions += 1
            transactions[index].retransmission = wait
            transactions[index].lastSent = now
            transactions[index].nextAt = now + wait
            context.statistics.requestsSent += 1
            context.statistics.retransmissions += 1
            context.transmit(transactions[index].datagram)
        }
        given += transactions.filter { $0.expiresAt <= now && $0.nextAt == nil }
        guard !given.isEmpty else { return }
        transactions.removeAll { transaction in given.contains { $0.id == transaction.id } }
        for transaction in given { fail(transaction) }
    }

    /// RFC 7675 §5.1. As controlling agent every check nominates again: some lite peers answer no others.
    private mutating func serviceConsent(at now: Instant, context: inout ICEContext) {
        guard let pair = selectedPair, let current = consent else { return }
        if current.nextCheckAt <= now {
            send(.consent, on: pair, at: now, context: &context)
            consent?.checkSent(nextAt: now + context.configuration.consentRetryInterval)
        }
        guard current.isLosing(at: now, context.configuration) else { return }
        if let last = current.fallbackAt, now - last < context.configuration.fallbackInterval { return }
        consent?.fallbackAt = now
        isChecking = true
        checkList.recheck(except: pair.id)
    }

    /// RFC 8445 §8.1.1: one pair is nominated, once it is clear enough that no better one will do.
    private mutating func serviceNomination(at now: Instant, context: inout ICEContext) {
        guard context.role == .controlling, remote != nil, !isNominating else { return }
        if let consent {
            guard consent.isLosing(at: now, context.configuration) else { return }
            let better = checkList.pairs.first {
                $0.isValid && $0.id != selected && ($0.answeredAt ?? .zero) > consent.answeredAt
            }
            if let better { send(.nomination, on: better, at: now, context: &context) }
        } else if let best = checkList.bestValid, nominationDue(context.configuration, best).map({ $0 <= now }) ?? false
        {
            send(.nomination, on: best, at: now, context: &context)
        }
    }

    private func nominationDue(_ configuration: ICEAgent.Configuration, _ best: ICECandidatePair) -> Instant? {
        guard let firstValidAt else { return nil }
        return checkList.mayImprove(on: best) ? firstValidAt + configuration.nominationWait : firstValidAt
    }

    private mutating func serviceReminder(at now: Instant, context: inout ICEContext) {
        guard context.role == .controlled, selected == nil, remote != nil else { return reminder.stop() }
        let ready = checkList.pairs.first { $0.isValid && $0.requestedAt != nil }
        reminder.watch(ready, at: now, roundTrip: context.roundTripTime, context.configuration)
        guard let ready, let due = reminder.due, due <= now else { return }
        reminder.wasSent(at: now, context.configuration)
        send(.check, on: ready, at: now, context: &context)
    }

    /// A peer may learn our credentials long after we learnt its own, so failed pairs get further rounds.
    private mutating func serviceFailedPairs(at now: Instant, context: ICEContext) {
        guard let patienceEnds, selected == nil, checkList.bestValid == nil, !checkList.isActive,
            !checkList.pairs.isEmpty
        else {
            restUntil = nil
            return
        }
        guard let until = restUntil else {
            let next = now + context.configuration.failedPairRest
            restUntil = next < patienceEnds ? next : nil
            return
        }
        if until <= now {
            restUntil = nil
            checkList.recheck(except: nil)
        }
    }

    private mutating func serviceChecks(at now: Instant, context: inout ICEContext) {
        guard remote != nil else { return }
        while isPaced(at: now, context.configuration), let pair = checkList.nextToCheck(ordinary: isChecking) {
            checkList.update(pair.id) { $0.state = .inProgress }
            lastCheckAt = now
            send(.check, on: pair, at: now, context: &context)
        }
    }

    private func isPaced(at now: Instant, _ configuration: ICEAgent.Configuration) -> Bool {
        guard let lastCheckAt else { return true }
        return now >= lastCheckAt + configuration.pacing
    }

    /// When ``service(at:context:)`` is to be called next.
    func deadline(at now: Instant, context: ICEContext) -> Instant? {
        if let retiresAt { return retiresAt }
        var result = earliest(earliest(consent?.nextCheckAt, restUntil), reminder.due)
        for transaction in transactions { result = earliest(result, transaction.nextAt ?? transaction.expiresAt) }
        guard remote != nil else { return result }
        if checkList.hasWork(ordinary: isChecking) {
            result = earliest(result, (lastCheckAt ?? now) + context.configuration.pacing)
        }
        guard selected == nil else { return result }
        if let patienceEnds, patienceEnds > now { result = earliest(result, patienceEnds) }
        if context.role == .controlling, !isNominating, let best = checkList.bestValid {
            result = earliest(result, nominationDue(context.configuration, best))
        }
        return result
    }

    // MARK: Sending

    private mutating func send(
        _ purpose: ICETransaction.Purpose, on pair: ICECandidatePair, at now: Instant, context: inout ICEContext
    ) {
        guard let remote else { return }
        let preference = ICECandidate.Kind.peerReflexive.typePreference(over: pair.local.transport)
        let priority = preference << 24 | pair.local.priority & 0x00FF_FFFF
        let message = request(purpose, to: remote, priority: priority, context: &context)
        let datagram = Datagram(
            local: pair.local.endpoint, remote: pair.remote.address,
            payload: message.serialized(integrityKey: remote.key))
        let configuration = context.configuration
        let isConsent = purpose == .consent
        let lifetime =
            isConsent
            ? configuration.consentTimeout
            : configuration.maximumRetransmission * (configuration.maximumTransmissions + 1)
        transactions.append(
            ICETransaction(
                id: message.transactionID, purpose: purpose, pair: pair.id, role: context.role, datagram: datagram,
                priority: priority, firstSent: now, lastSent: now, retransmission: configuration.initialRetransmission,
                nextAt: isConsent ? nil : now + configuration.initialRetransmission, expiresAt: now + lifetime))
        context.statistics.requestsSent += 1
        if isConsent { context.statistics.consentChecksSent += 1 }
        context.transmit(datagram)
    }

    /// RFC 8445 §7.1, §7.2.2.
    private func request(
        _ purpose: ICETransaction.Purpose, to remote: Remote, priority: UInt32, context: inout ICEContext
    ) -> STUNMessage {
        var message = STUNMessage(.request, transactionID: STUNTransactionID(using: &context.random))
        message.attributes = [.username("\(remote.credentials.ufrag):\(localCredentials.ufrag)")]
        switch context.role {
        case .controlling:
            message.attributes.append(.iceControlling(context.tieBreaker))
            if purpose != .check { message.attributes.append(.useCandidate) }
        case .controlled:
            message.attributes.append(.iceControlled(context.tieBreaker))
        }
        message.attributes.append(.priority(priority))
        return message
    }
}
