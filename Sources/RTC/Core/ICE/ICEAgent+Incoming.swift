import NIOCore
import SansIO

// RFC 8445 §7.2.5 and §7.3, RFC 8489 §9.1.
extension ICEAgent {
    mutating func takeRequest(_ message: STUNMessage, _ datagram: Datagram, at now: Instant) {
        guard message.method == .binding else { return }
        guard let local = context.bases.first(where: { $0.endpoint == datagram.local }) else {
            context.statistics.unknownLocal += 1
            return
        }
        guard let username = message.username, message.hasIntegrity else {
            context.statistics.unauthenticated += 1
            return refuse(message, datagram, .badRequest, key: nil)
        }
        guard let session = session(of: username), message.hasValidIntegrity(key: session.localKey),
            session.expectedUsername.map({ $0 == username }) ?? true
        else {
            context.statistics.unauthenticated += 1
            return refuse(message, datagram, .unauthenticated, key: nil)
        }
        let key = session.localKey
        let isPresent = session.localCredentials == current.localCredentials
        guard message.unknownRequiredTypes.isEmpty else {
            return refuse(message, datagram, .unknownAttribute, key: key)
        }
        if isPresent && !settlesRole(message) {
            return refuse(message, datagram, .roleConflict, key: key)
        }
        context.statistics.requestsAccepted += 1
        respond(message, datagram, .success, [.xorMappedAddress(datagram.remote)], key: key)
        guard isPresent else { return }
        let check = ICEGeneration.EarlyCheck(
            local: local, remote: datagram.remote, username: username, priority: message.priority,
            isNominated: message.useCandidate)
        current.process(check, at: now, context: &context)
    }

    /// The session whose fragment of ours begins the user name: the present one, or the one before a restart.
    private func session(of username: String) -> ICEGeneration? {
        let parts = username.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[0] == current.localCredentials.ufrag { return current }
        guard let previous, parts[0] == previous.localCredentials.ufrag else { return nil }
        return previous
    }

    /// RFC 8445 §7.3.1.1.
    /// - Returns: false if the peer has to give in.
    private mutating func settlesRole(_ message: STUNMessage) -> Bool {
        switch context.role {
        case .controlling:
            guard let theirs = message.iceControlling else { return true }
            context.statistics.roleConflicts += 1
            if context.tieBreaker >= theirs { return false }
            changeRole(to: .controlled)
        case .controlled:
            guard let theirs = message.iceControlled else { return true }
            context.statistics.roleConflicts += 1
            if context.tieBreaker < theirs { return false }
            changeRole(to: .controlling)
        }
        return true
    }

    private mutating func refuse(
        _ request: STUNMessage, _ datagram: Datagram, _ error: STUNErrorCode, key: [UInt8]?
    ) {
        var attributes: [STUNAttribute] = [.errorCode(error)]
        let unknown = request.unknownRequiredTypes
        if error == .unknownAttribute { attributes.append(.unknownAttributes(unknown)) }
        respond(request, datagram, .error, attributes, key: key)
    }

    private mutating func respond(
        _ request: STUNMessage, _ datagram: Datagram, _ messageClass: STUNClass, _ attributes: [STUNAttribute],
        key: [UInt8]?
    ) {
        let response = STUNMessage(
            messageClass, method: request.method, transactionID: request.transactionID, attributes: attributes)
        context.statistics.responsesSent += 1
        context.transmit(
            Datagram(
                local: datagram.local, remote: datagram.remote, payload: response.serialized(integrityKey: key)))
    }

    mutating func takeResponse(_ message: STUNMessage, _ datagram: Datagram, at now: Instant) {
        if let outcome = current.takeResponse(message, datagram, at: now, context: &context) {
            conclude(outcome, isPrevious: false)
        } else if let outcome = previous?.takeResponse(message, datagram, at: now, context: &context) {
            conclude(outcome, isPrevious: true)
        } else {
            context.statistics.unmatched += 1
        }
    }

    /// - Parameter isPrevious: the request was of the session before the restart.
    private mutating func conclude(_ outcome: ICEResponseOutcome, isPrevious: Bool) {
        switch outcome {
        case .settled: break
        case .mapped(let address, let transaction): learnReflexive(address, transaction)
        case .roleConflict(let transaction):
            yield(to: transaction)
            guard transaction.purpose != .consent else { return }
            if isPrevious {
                previous?.checkList.trigger(transaction.pair)
            } else {
                current.checkList.trigger(transaction.pair)
            }
        }
    }

    /// RFC 8445 §7.2.5.1.
    private mutating func yield(to transaction: ICETransaction) {
        context.statistics.roleConflicts += 1
        // An answer to a check from before we changed roles says nothing about the present one.
        if transaction.role == context.role && current.remote?.isLite != true {
            changeRole(to: context.role == .controlling ? .controlled : .controlling)
            context.tieBreaker = context.random.next()
        }
    }

    /// RFC 8445 §7.2.5.3.1: the peer sees us at an address we did not know. Data still leaves from the base.
    private mutating func learnReflexive(_ address: TransportAddress, _ transaction: ICETransaction) {
        let base = transaction.datagram.local
        let transport: ICECandidate.Transport = base.transport == .tcp ? .tcp : .udp
        let isKnown = context.localCandidates.contains { $0.isAt(address, over: transport) }
        guard !isKnown, context.localCandidates.count < context.configuration.maximumCandidates else { return }
        context.localCandidates.append(
            ICECandidate(
                foundation: ICECandidate.foundation(kind: .peerReflexive, transport: transport, base: base.address.ip),
                transport: transport, priority: transaction.priority, address: address, kind: .peerReflexive,
                relatedAddress: base.address))
    }
}
