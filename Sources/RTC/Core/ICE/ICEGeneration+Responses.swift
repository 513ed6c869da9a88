import NIOCore
import SansIO

/// What a response means to the agent as a whole.
enum ICEResponseOutcome: Sendable {
    /// Nothing beyond the session.
    case settled
    /// The peer sees the check coming from here.
    case mapped(TransportAddress, ICETransaction)
    /// The peer claims our role and has won (RFC 8445 §7.2.5.1).
    case roleConflict(ICETransaction)
}

extension ICEGeneration {
    /// Takes a response to one of this session's transactions.
    /// - Returns: `nil` if the transaction is none of this session's.
    mutating func takeResponse(
        _ message: STUNMessage, _ datagram: Datagram, at now: Instant, context: inout ICEContext
    ) -> ICEResponseOutcome? {
        guard let index = transactions.firstIndex(where: { $0.id == message.transactionID }), let remote else {
            return nil
        }
        let transaction = transactions[index]
        // RFC 8445 §7.2.5.2.1 would fail the pair; but then anyone who guesses could do that.
        guard datagram.remote == transaction.datagram.remote, datagram.local == transaction.datagram.local else {
            context.statistics.asymmetric += 1
            return .settled
        }
        // Also errors 400 and 401, which carry none: the check goes on, the peer may just not know us yet.
        guard message.hasValidIntegrity(key: remote.key) else {
            context.statistics.unauthenticated += 1
            return .settled
        }
        guard message.messageClass == .success else {
            transactions.remove(at: index)
            return takeError(message, transaction)
        }
        guard let mapped = message.mappedAddress, message.unknownRequiredTypes.isEmpty else {
            context.statistics.malformed += 1
            return .settled
        }
        transactions.remove(at: index)
        context.statistics.responsesAccepted += 1
        // Karn's rule: after a retransmission nobody knows which of them was answered.
        if transaction.transmissions == 1 { context.measured(roundTrip: now - transaction.firstSent) }
        succeed(transaction, at: now, context: &context)
        return .mapped(mapped, transaction)
    }

    private mutating func takeError(_ message: STUNMessage, _ transaction: ICETransaction) -> ICEResponseOutcome {
        if message.errorCode?.code == STUNErrorCode.roleConflict.code { return .roleConflict(transaction) }
        fail(transaction)
        return .settled
    }

    /// Checks under way claim the role of before: they are let go, and their pairs checked anew.
    mutating func roleChanged(context: ICEContext) {
        checkList.recomputePriorities(role: context.role)
        for index in transactions.indices where transactions[index].nextAt != nil {
            transactions[index].nextAt = nil
            checkList.trigger(transactions[index].pair)
        }
    }
}
