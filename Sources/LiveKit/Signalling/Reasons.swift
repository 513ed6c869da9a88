/// Why a session ended or is to end.
public enum DisconnectReason: Hashable, Sendable, CustomStringConvertible {
    case unknownReason, clientInitiated
    /// Another participant joined under the same identity.
    case duplicateIdentity
    case serverShutdown, participantRemoved, roomDeleted, stateMismatch, joinFailure, migration, signalClose, roomClosed
    case userUnavailable, userRejected, sipTrunkFailure, connectionTimeout, mediaFailure, agentError
    /// A reason of a newer protocol, by its number.
    case other(Int)

    private static let names: [(reason: DisconnectReason, message: Livekit_DisconnectReason)] = [
        (.unknownReason, .unknownReason), (.clientInitiated, .clientInitiated),
        (.duplicateIdentity, .duplicateIdentity), (.serverShutdown, .serverShutdown),
        (.participantRemoved, .participantRemoved), (.roomDeleted, .roomDeleted), (.stateMismatch, .stateMismatch),
        (.joinFailure, .joinFailure), (.migration, .migration), (.signalClose, .signalClose),
        (.roomClosed, .roomClosed), (.userUnavailable, .userUnavailable), (.userRejected, .userRejected),
        (.sipTrunkFailure, .sipTrunkFailure), (.connectionTimeout, .connectionTimeout), (.mediaFailure, .mediaFailure),
        (.agentError, .agentError),
    ]

    init(_ message: Livekit_DisconnectReason) {
        self = Self.names.first { $0.message == message }?.reason ?? .other(message.rawValue)
    }

    var message: Livekit_DisconnectReason {
        if case .other(let number) = self { return Livekit_DisconnectReason(rawValue: number) ?? .unknownReason }
        return Self.names.first { $0.reason == self }?.message ?? .unknownReason
    }

    public var description: String {
        if case .other(let number) = self { return "reason \(number)" }
        return "\(message)"
    }
}

/// Why a client connects again.
public enum ReconnectReason: Int, Hashable, Sendable {
    case unknown, signalDisconnected, publisherFailed, subscriberFailed, switchCandidate

    /// The protocol's numbers are those of the cases.
    var message: Livekit_ReconnectReason { Livekit_ReconnectReason(rawValue: rawValue) ?? .rrUnknown }
}
