import NIOCore
import SansIO

extension SignalCore {
    /// One frame from the open socket.
    package mutating func receive(_ frame: ByteBuffer, isBinary: Bool = true, at now: Instant) {
        switch phase {
        case .connecting(true, _), .connected, .leaving: break
        default: return
        }
        lastHeard = now
        guard isBinary else { return outputs.append(.event(.malformed(.textFrame))) }
        let response: Livekit_SignalResponse
        do {
            response = try Livekit_SignalResponse(parsing: frame)
        } catch {
            return outputs.append(.event(.malformed(error)))
        }
        // A kind that this client does not know is no error: servers are newer than clients.
        guard let message = response.message else { return }
        if case .leaving = phase {
            if case .leave = message {
                outputs.append(.closeSocket(politely: true))
                finish(.leftLocally)
            }
            return
        }
        handle(message, at: now)
    }

    private mutating func handle(_ message: Livekit_SignalResponse.OneOf_Message, at now: Instant) {
        switch message {
        case .join(let join): handleJoin(join, at: now)
        case .reconnect(let response): handleReconnect(response, at: now)
        case .leave(let leave): handleLeave(leave, at: now)
        case .refreshToken(let token): if !token.isEmpty { options.token = AccessToken(jwt: token) }
        case .pongResp(let pong): handlePong(pong, at: now)
        case .pong: break
        default: outputs.append(.event(.message(message)))
        }
    }

    private mutating func handleJoin(_ join: Livekit_JoinResponse, at now: Instant) {
        guard case .connecting = phase else { return }
        let isRejoin = establishedAt != nil
        if intent != .join {
            // The server answered a resume with a new session.
            startRejoin(.serverAsked(.stateMismatch))
        }
        participantSID = join.participant.sid.isEmpty ? nil : join.participant.sid
        // 0 means not said; an interval under a second would be a fault of the server's.
        if join.pingInterval > 0 { pingInterval = .seconds(Int(join.pingInterval)) }
        if join.pingTimeout > 0 { pingTimeout = max(.seconds(Int(join.pingTimeout)), pingInterval * 2) }
        // With the token, so never to where it would travel in clear if it did not before.
        if !join.alternativeURL.isEmpty, let server = try? ServerURL(join.alternativeURL),
            !server.isWeaker(than: options.server)
        {
            options.server = server
        }
        established(at: now)
        outputs.append(.event(.joined(join, version, isRejoin: isRejoin)))
    }

    private mutating func handleReconnect(_ response: Livekit_ReconnectResponse, at now: Instant) {
        guard case .connecting = phase, intent != .join else { return }
        established(at: now)
        isResuming = true
        outputs.append(.event(.resumed(response)))
    }

    private mutating func handleLeave(_ leave: Livekit_LeaveRequest, at now: Instant) {
        outputs.append(.closeSocket(politely: true))
        switch leave.action {
        case .resume where participantSID != nil:
            lose(.serverAsked(DisconnectReason(leave.reason)), mode: .resume, reason: .signalDisconnected, at: now)
        case .resume, .reconnect:
            rejoinAsAsked(DisconnectReason(leave.reason), at: now)
        case .disconnect where leave.canReconnect:
            // Servers tell clients below protocol 13 in this field.
            rejoinAsAsked(DisconnectReason(leave.reason), at: now)
        case .disconnect, .UNRECOGNIZED:
            finish(.serverLeft(DisconnectReason(leave.reason)))
        }
    }

    private mutating func rejoinAsAsked(_ reason: DisconnectReason, at now: Instant) {
        if establishedAt == nil {
            // A first join that is sent away at once counts as an attempt that failed.
            lastError = .refused(HTTPRefusal(status: 503, body: "the server asked to join again (\(reason))"))
            return wait(at: now)
        }
        lose(.serverAsked(reason), mode: .rejoin, reason: .unknown, at: now)
    }

    private mutating func handlePong(_ pong: Livekit_Pong, at now: Instant) {
        guard let sent = pingSent, pong.lastPingTimestamp == sent.nanoseconds / 1_000_000 else { return }
        pingSent = nil
        roundTrip = now - sent
    }
}
