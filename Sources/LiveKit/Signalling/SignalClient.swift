import NIOCore
import RTCNetwork
import SansIO

/// Drives a `SignalCore` with web sockets. Confined to one event loop: every member is used there, and every callback
/// comes there.
public final class SignalClient {
    public let eventLoop: any EventLoop
    /// Called for every event of the core, in order.
    public var onEvent: ((SignalEvent) -> Void)?

    private var core: SignalCore
    private let transport: TransportConfiguration
    private var socket: WebSocket?
    /// Tells a socket's late callbacks from those of its successor.
    private var generation = 0
    private let timer: LoopTimer
    private var isDraining = false

    public init(
        options: SignalOptions, configuration: SignalCore.Configuration = .init(),
        transport: TransportConfiguration = .init(), eventLoop: any EventLoop
    ) {
        self.eventLoop = eventLoop
        self.transport = transport
        core = SignalCore(options: options, configuration: configuration, random: .system)
        timer = LoopTimer(eventLoop: eventLoop)
        timer.onFire = { [weak self] in self?.perform { $0.timeout(at: $1) } }
    }

    deinit {
        socket?.abort()
    }

    public func connect() { perform { $0.connect(at: $1) } }

    public func send(_ request: Livekit_SignalRequest) { perform { $0.send(request, at: $1) } }

    public func resumeCompleted() { perform { $0.resumeCompleted(at: $1) } }

    public func resume(because reason: Livekit_ReconnectReason) { perform { $0.resume(because: reason, at: $1) } }

    public func mediaCameUp() { perform { core, _ in core.mediaCameUp() } }

    public func rejoin(because reason: Livekit_ReconnectReason) { perform { $0.rejoin(because: reason, at: $1) } }

    public func leave(_ reason: Livekit_DisconnectReason = .clientInitiated) {
        perform { $0.leave(reason, at: $1) }
    }

    /// In v1, the first offer of the next join.
    public var publisherOffer: Livekit_SessionDescription? {
        get { core.publisherOffer }
        set { core.publisherOffer = newValue }
    }

    /// The offer that went with the newest attempt to join.
    public var carriedOffer: Livekit_SessionDescription? { core.carriedOffer }

    public var token: AccessToken { core.token }
    public var roundTrip: Duration? { core.roundTrip }

    private func perform(_ body: (inout SignalCore, Instant) -> Void) {
        eventLoop.assertInEventLoop()
        body(&core, Instant(eventLoop.now))
        drain()
    }

    /// Carries out what the core decided. Events may call back in; what they cause is carried out by the outer call.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        while let output = core.pollOutput() {
            switch output {
            case .connect(let connection): open(connection)
            case .send(let frame): socket?.send(frame)
            case .closeSocket(let politely): closeSocket(politely: politely)
            case .event(let event): onEvent?(event)
            }
        }
        isDraining = false
        timer.schedule(core.deadline)
    }

    private func open(_ connection: SignalCore.Connection) {
        closeSocket(politely: false)
        let current = generation
        var transport = transport
        transport.connectTimeout = connection.timeout
        let bound = NIOLoopBound(WeakClient(client: self), eventLoop: eventLoop)
        WebSocket.connect(connection.request, on: eventLoop, configuration: transport) { event in
            bound.value.client?.socketEvent(event, generation: current)
        }.whenComplete { result in
            guard let client = bound.value.client, client.generation == current else {
                if case .success(let socket) = result { socket.abort() }
                return
            }
            switch result {
            case .success(let socket):
                client.socket = socket
                client.perform { $0.socketOpened(at: $1) }
            case .failure(let error):
                let error = error as? TransportError ?? .connectionLost
                client.perform { $0.socketFailed(error, at: $1) }
            }
        }
    }

    private func socketEvent(_ event: WebSocketEvent, generation: Int) {
        guard generation == self.generation else { return }
        switch event {
        case .message(let frame, let isBinary):
            perform { $0.receive(frame, isBinary: isBinary, at: $1) }
        case .ended(let end):
            socket = nil
            perform { $0.socketEnded(end, at: $1) }
        }
    }

    private func closeSocket(politely: Bool) {
        generation += 1
        if politely { socket?.close() } else { socket?.abort() }
        socket = nil
    }

    private struct WeakClient {
        weak var client: SignalClient?
    }
}
