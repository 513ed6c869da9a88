import NIOCore
import SansIO

/// The client's side of LiveKit signalling as a state machine: joining over v1 or v0, keep-alive, tokens, resuming and
/// rejoining. It decides, its owner connects sockets and moves frames.
package struct SignalCore: SocketCore {
    package struct Configuration: Sendable {
        /// For the first connection, until `join` arrived.
        package var joinTimeout = Duration.seconds(15)
        /// For each later attempt. Short, so that an attempt begun during an outage does not outlast it by much.
        package var reconnectTimeout = Duration.seconds(3)
        /// Waits between attempts.
        package var backoff = Backoff.prompt
        /// How many times the first connection is tried when the server cannot be reached.
        package var joinAttempts = 3
        /// How long reconnecting goes on before the session is given up.
        package var reconnectBudget = Duration.seconds(60)
        /// How many sessions in a row are begun whose media do not come up.
        package var mediaAttempts = 4
        /// A connection that held this long starts the waits anew.
        package var stableAfter = Duration.seconds(5)
        /// Used until the server says otherwise.
        package var pingInterval = Duration.seconds(5)
        package var pingTimeout = Duration.seconds(15)
        /// The most requests that wait for a resume.
        package var longestQueue = 256
        /// How long a leave waits for the server to close.
        package var leaveTimeout = Duration.seconds(1)

        package init() {}
    }

    /// A socket to open.
    package struct Connection: Sendable {
        package var request: WebSocketRequest
        package var timeout: Duration
        package var version: SignalVersion
        package var intent: SignalIntent
    }

    package typealias Output = SocketOutput<Connection, SignalEvent>

    enum Phase: Equatable {
        case idle
        /// A socket was asked for, or is open and its first message is awaited.
        case connecting(isOpen: Bool, until: Instant)
        case connected
        /// Between attempts.
        case waiting(until: Instant)
        case leaving(until: Instant)
        case closed
    }

    let configuration: Configuration
    var options: SignalOptions
    var random: RandomSource
    var phase = Phase.idle
    var intent = SignalIntent.join
    var version: SignalVersion
    var outputs = OutputQueue<Output>()

    var attempt = 0
    var outageBegan: Instant?
    var establishedAt: Instant?
    /// Whether the connection that was lost last had held for a while.
    var wasStable = false
    var lastError: TransportError?
    /// Sessions in a row that the owner gave up because of their media.
    var mediaFailures = 0
    var participantSID: String?
    /// After `reconnect` came and before the owner's media are back.
    var isResuming = false
    var queue: [Livekit_SignalRequest] = []

    var pingInterval: Duration
    var pingTimeout: Duration
    var nextPing: Instant?
    var lastHeard = Instant.zero
    var pingSent: Instant?

    /// The last measured time from a ping to its pong.
    package internal(set) var roundTrip: Duration?
    /// In v1, the first offer rides along with a join (not with a resume). Set it before `connect` and after each
    /// `reconnecting(.rejoin)`; an attempt that was begun before goes without it.
    package var publisherOffer: Livekit_SessionDescription?
    /// The offer that went with the newest attempt; `nil` when there was none.
    package internal(set) var carriedOffer: Livekit_SessionDescription?

    package init(options: SignalOptions, configuration: Configuration = .init(), random: RandomSource) {
        self.options = options
        self.configuration = configuration
        self.random = random
        version = options.preferredVersion
        pingInterval = configuration.pingInterval
        pingTimeout = configuration.pingTimeout
    }

    /// The newest token; the server renews it every few minutes.
    package var token: AccessToken { options.token }

    /// Whether a session is established and its socket open.
    package var isConnected: Bool { phase == .connected }

    // MARK: Verbs

    /// Begins. Does nothing when called again.
    package mutating func connect(at now: Instant) {
        guard phase == .idle else { return }
        openSocket(at: now)
    }

    /// The socket is open.
    package mutating func socketOpened(at now: Instant) {
        guard case .connecting(false, let until) = phase else { return }
        phase = .connecting(isOpen: true, until: until)
        lastHeard = now
    }

    /// The socket could not be opened.
    package mutating func socketFailed(_ error: TransportError, at now: Instant) {
        guard case .connecting(false, _) = phase else { return }
        attemptFailed(error, at: now)
    }

    /// The socket ended.
    package mutating func socketEnded(_ end: WebSocketEnd, at now: Instant) {
        switch phase {
        case .connecting: attemptFailed(.connectionLost, at: now)
        case .connected: lose(.socketEnded(end), mode: .resume, reason: .signalDisconnected, at: now)
        case .leaving: finish(.leftLocally)
        case .idle, .waiting, .closed: break
        }
    }

    /// Sends a request, now or after a resume.
    package mutating func send(_ request: Livekit_SignalRequest, at now: Instant) {
        switch (phase, intent) {
        case (.connected, _) where !isResuming || Self.passesWhileResuming(request):
            emit(request)
        case (.connected, _), (.connecting, .resume), (.waiting, .resume):
            enqueue(request)
        default:
            outputs.append(.event(.dropped(request)))
        }
    }

    /// The owner's media are back after `resumed`: what waited is sent.
    package mutating func resumeCompleted(at now: Instant) {
        guard phase == .connected, isResuming else { return }
        isResuming = false
        let waiting = queue
        queue = []
        for request in waiting { emit(request) }
    }

    /// A peer connection failed though the socket did not: resume the session over a new one.
    package mutating func resume(because reason: ReconnectReason, at now: Instant) {
        guard phase == .connected else { return }
        outputs.append(.closeSocket(politely: false))
        lose(.mediaFailed(reason), mode: .resume, reason: reason, at: now)
    }

    /// The owner's media are up.
    package mutating func mediaCameUp() { mediaFailures = 0 }

    /// The media did not come up, or resuming did not bring them back: begin a new session, if that may still help.
    package mutating func rejoin(because reason: ReconnectReason, at now: Instant) {
        switch phase {
        case .connected:
            emit(.with { $0.leave.reason = .clientInitiated })
            outputs.append(.closeSocket(politely: true))
        case .connecting: outputs.append(.closeSocket(politely: false))
        case .waiting: break
        case .idle, .leaving, .closed: return
        }
        mediaFailures += 1
        guard mediaFailures < configuration.mediaAttempts else { return finish(.noMedia(attempts: mediaFailures)) }
        lose(.mediaFailed(reason), mode: .rejoin, reason: reason, at: now)
    }

    /// Ends the session. `disconnected(.leftLocally)` follows.
    package mutating func leave(_ reason: DisconnectReason = .clientInitiated, at now: Instant) {
        switch phase {
        case .connected:
            emit(.with { $0.leave.reason = reason.message })
            phase = .leaving(until: now + configuration.leaveTimeout)
        case .connecting:
            outputs.append(.closeSocket(politely: false))
            finish(.leftLocally)
        case .idle, .waiting: finish(.leftLocally)
        case .leaving, .closed: break
        }
    }

    /// Somebody else has the session now: ends it here, without a word to the server, which would end the other's.
    /// `disconnected(.serverLeft(.duplicateIdentity))` follows.
    package mutating func displaced() {
        switch phase {
        case .connected, .connecting: outputs.append(.closeSocket(politely: false))
        case .idle, .waiting: break
        case .leaving, .closed: return
        }
        finish(.serverLeft(.duplicateIdentity))
    }

    package mutating func timeout(at now: Instant) {
        switch phase {
        case .connecting(let isOpen, let until) where until <= now:
            outputs.append(.closeSocket(politely: false))
            attemptFailed(.timedOut(isOpen ? .upgrading : .connecting), at: now)
        case .waiting(let until) where until <= now: openSocket(at: now)
        case .leaving(let until) where until <= now:
            outputs.append(.closeSocket(politely: true))
            finish(.leftLocally)
        case .connected: keepAlive(at: now)
        default: break
        }
    }

    package mutating func pollOutput() -> Output? { outputs.popFirst() }

    package var deadline: Instant? {
        switch phase {
        case .idle, .closed: nil
        case .connecting(_, let until), .waiting(let until), .leaving(let until): until
        case .connected: earliest(nextPing, lastHeard + pingTimeout)
        }
    }
}
