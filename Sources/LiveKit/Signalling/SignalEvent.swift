/// Whether the session goes on or a new one begins.
public enum ReconnectMode: Hashable, Sendable {
    /// Same session and peer connections; ICE restarts.
    case resume
    /// New session, new peer connections, own new sid.
    case rejoin
}

/// Why a signalling connection is being replaced.
public enum ReconnectCause: Hashable, Sendable, CustomStringConvertible {
    case socketEnded(WebSocketEnd)
    case attemptFailed(TransportError)
    /// Nothing came from the server for its ping timeout.
    case silence
    case serverAsked(DisconnectReason)
    /// The owner asked, because a peer connection failed.
    case mediaFailed(ReconnectReason)

    public var description: String {
        switch self {
        case .socketEnded(let end): "the signal socket ended: \(end)"
        case .attemptFailed(let error): error.description
        case .silence: "nothing came from the server"
        case .serverAsked(let reason): "the server asked for it (\(reason))"
        case .mediaFailed(let reason): "a peer connection failed (\(reason))"
        }
    }
}

/// Why a session is over for good.
public enum SignalDisconnect: Error, Hashable, Sendable, CustomStringConvertible {
    case serverLeft(DisconnectReason)
    /// The server refused, and would again.
    case refused(TransportError)
    /// No attempt succeeded in the time there was; the last error, if attempts failed.
    case gaveUp(TransportError?)
    /// In so many sessions in a row no media connection came up.
    case noMedia(attempts: Int)
    case leftLocally

    public var description: String {
        switch self {
        case .serverLeft(let reason): "the server ended the session (\(reason))"
        case .refused(let error): error.description
        case .gaveUp(let error): "gave up reconnecting: \(error?.description ?? "no answer")"
        case .noMedia(let attempts): "no media connection came up in \(attempts) attempts: is UDP to the server open?"
        case .leftLocally: "left"
        }
    }
}

extension SignalDisconnect {
    /// Whether somebody meant it.
    var isOrdinary: Bool {
        switch self {
        case .serverLeft, .leftLocally: true
        case .refused, .gaveUp, .noMedia: false
        }
    }
}

/// What the signalling core tells its owner.
package enum SignalEvent: Sendable {
    /// A session began. `isRejoin`: it replaces an earlier one.
    case joined(Livekit_JoinResponse, SignalVersion, isRejoin: Bool)
    /// The session goes on over a new socket: send `sync_state`, restart ICE, then call `resumeCompleted`.
    case resumed(Livekit_ReconnectResponse)
    /// Everything else the server sends, but pongs, leave and tokens, which the core handles.
    case message(Livekit_SignalResponse.OneOf_Message)
    /// The connection is being replaced. Comes again when a resume becomes a rejoin.
    case reconnecting(ReconnectMode, ReconnectCause)
    /// A frame that could not be used; it changed nothing.
    case malformed(ProtocolMessageError)
    /// A request that was not sent: the queue was full, or its session is over.
    case dropped(Livekit_SignalRequest)
    /// The last event.
    case disconnected(SignalDisconnect)
}
