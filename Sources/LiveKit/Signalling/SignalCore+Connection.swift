import NIOCore
import SansIO

extension SignalCore {
    mutating func openSocket(at now: Instant) {
        let timeout = establishedAt == nil ? configuration.joinTimeout : configuration.reconnectTimeout
        let target = SignalTarget(options: options, publisherOffer: publisherOffer)
        let request = WebSocketRequest(
            server: options.server, target: target.path(version, intent), token: options.token)
        carriedOffer = version == .v1 && intent == .join ? publisherOffer : nil
        phase = .connecting(isOpen: false, until: now + timeout)
        outputs.append(
            .connect(Connection(request: request, timeout: timeout, version: version, intent: intent)))
    }

    /// An attempt came to nothing: decide whether, when and how to try again.
    mutating func attemptFailed(_ error: TransportError, at now: Instant) {
        lastError = error
        if case .refused(let refusal) = error, refusal.status == 404, version == .v1 {
            // A server without v1 knows no session that was begun with it.
            version = .v0
            if intent != .join { startRejoin(.attemptFailed(error)) }
            return openSocket(at: now)
        }
        if !error.isWorthRetrying {
            if case .refused(let refusal) = error, refusal.status != 401, intent != .join {
                startRejoin(.attemptFailed(error))
                return wait(at: now)
            }
            return finish(.refused(error))
        }
        wait(at: now)
    }

    /// Waits for the next attempt, unless the attempts or their time are used up.
    mutating func wait(at now: Instant) {
        if establishedAt == nil {
            guard attempt + 1 < configuration.joinAttempts else { return finish(.gaveUp(lastError)) }
            attempt += 1
        } else if let outageBegan, now - outageBegan >= configuration.reconnectBudget {
            return finish(.gaveUp(lastError))
        }
        let delay = configuration.backoff.delay(attempt: attempt, using: &random)
        if establishedAt != nil { attempt += 1 }
        phase = .waiting(until: now + delay)
    }

    /// An established session lost its connection.
    mutating func lose(
        _ cause: ReconnectCause, mode: ReconnectMode, reason: ReconnectReason, at now: Instant
    ) {
        nextPing = nil
        pingSent = nil
        isResuming = false
        if phase == .connected {
            // A connection that breaks at once goes on with the waits, so that it does not spin.
            wasStable = establishedAt.map { now - $0 >= configuration.stableAfter } ?? false
            if wasStable { attempt = 0 }
            outageBegan = now
        }
        if mode == .resume, let participantSID {
            intent = .resume(participantSID: participantSID, reason: reason)
            outputs.append(.event(.reconnecting(.resume, cause)))
        } else {
            startRejoin(cause)
        }
        wait(at: now)
        if case .waiting(let until) = phase, until <= now { openSocket(at: now) }
    }

    mutating func startRejoin(_ cause: ReconnectCause) {
        // The first join after refused resumes need not wait, unless sessions break as soon as they begin.
        if intent != .join, wasStable { attempt = 0 }
        intent = .join
        publisherOffer = nil
        for request in queue { outputs.append(.event(.dropped(request))) }
        queue = []
        outputs.append(.event(.reconnecting(.rejoin, cause)))
    }

    mutating func established(at now: Instant) {
        phase = .connected
        establishedAt = now
        lastHeard = now
        nextPing = now + pingInterval
    }

    mutating func finish(_ disconnect: SignalDisconnect) {
        guard phase != .closed else { return }
        phase = .closed
        for request in queue { outputs.append(.event(.dropped(request))) }
        queue = []
        outputs.append(.event(.disconnected(disconnect)))
    }

    mutating func keepAlive(at now: Instant) {
        if now >= lastHeard + pingTimeout {
            outputs.append(.closeSocket(politely: false))
            return lose(.silence, mode: .resume, reason: .signalDisconnected, at: now)
        }
        guard let due = nextPing, due <= now else { return }
        nextPing = now + pingInterval
        pingSent = now
        emit(
            .with {
                $0.pingReq.timestamp = now.nanoseconds / 1_000_000
                $0.pingReq.rtt = roundTrip?.wholeMilliseconds ?? 0
            })
    }

    mutating func emit(_ request: Livekit_SignalRequest) {
        outputs.append(.send(request.encoded()))
    }

    mutating func enqueue(_ request: Livekit_SignalRequest) {
        // Descriptions and candidates belong to the ICE generation that the resume replaces.
        guard !Self.passesWhileResuming(request), queue.count < configuration.longestQueue else {
            outputs.append(.event(.dropped(request)))
            return
        }
        queue.append(request)
    }

    /// What may be sent between `reconnect` and the media's return.
    static func passesWhileResuming(_ request: Livekit_SignalRequest) -> Bool {
        switch request.message {
        case .syncState, .trickle, .offer, .answer, .leave, .pingReq: true
        default: false
        }
    }
}
