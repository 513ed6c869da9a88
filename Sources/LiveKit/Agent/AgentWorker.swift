import NIOCore
import RTCNetwork
import SansIO

/// A worker that is registered with a LiveKit server and stays so. Callable from anywhere; callbacks come on its loop.
public final class AgentWorker: Sendable {
    private let driver: NIOLoopBoundBox<WorkerDriver>
    public let eventLoop: any EventLoop

    /// - Parameters:
    ///   - decide: answers an offer; while it thinks, other offers come. After 8 s the offer is declined for it.
    ///   - onEvent: every event of the core, in order, but offers.
    public init(
        server: ServerURL, key: APIKey, configuration: WorkerCore.Configuration,
        transport: TransportConfiguration = .init(), eventLoop: any EventLoop,
        decide: @escaping @Sendable (JobOffer) async -> JobAnswer,
        onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.eventLoop = eventLoop
        // The driver is touched on its loop alone, from here on.
        driver = NIOLoopBoundBox.makeBoxSendingValue(
            WorkerDriver(
                server: server, key: key, configuration: configuration, transport: transport, eventLoop: eventLoop,
                decide: decide, onEvent: onEvent), eventLoop: eventLoop)
    }

    public func start() { perform { $0.start(at: $1) } }

    /// The load of this process, 0…1.
    public func setLoad(_ load: Float) { perform { $0.setLoad(load, at: $1) } }

    /// The job ended by itself. Call it before its participant leaves.
    public func finish(_ jobID: String, _ result: JobResult) { perform { $0.finish(jobID, result, at: $1) } }

    /// The job's participant is about to replace itself in its room.
    public func expectTakeover(of jobID: String) { perform { $0.expectTakeover(of: jobID, at: $1) } }

    /// The job's participant is in its room.
    public func participantJoined(_ jobID: String) { perform { $0.participantJoined(jobID, at: $1) } }

    /// Takes no new jobs; the event `drained` follows.
    public func drain() { perform { $0.drain(at: $1) } }

    /// Ends the registration; the event `closed` follows.
    public func close() { perform { $0.close(at: $1) } }

    /// Cuts the socket as a network fault would: for tests of the recovery.
    public func cutSocket() {
        eventLoop.execute { [driver] in driver.value.cutSocket() }
    }

    private func perform(_ body: @escaping @Sendable (inout WorkerCore, Instant) -> Void) {
        if eventLoop.inEventLoop {
            driver.value.perform(body)
        } else {
            eventLoop.execute { [driver] in driver.value.perform(body) }
        }
    }
}

/// Drives a `WorkerCore` with web sockets, on one event loop.
private final class WorkerDriver {
    private let server: ServerURL
    private let key: APIKey
    private let transport: TransportConfiguration
    private let eventLoop: any EventLoop
    private let decide: @Sendable (JobOffer) async -> JobAnswer
    private let onEvent: @Sendable (WorkerEvent) -> Void
    private var core: WorkerCore
    private var socket: WebSocket?
    private var generation = 0
    private let timer: LoopTimer
    private var isDraining = false

    init(
        server: ServerURL, key: APIKey, configuration: WorkerCore.Configuration, transport: TransportConfiguration,
        eventLoop: any EventLoop, decide: @escaping @Sendable (JobOffer) async -> JobAnswer,
        onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.server = server
        self.key = key
        self.transport = transport
        self.eventLoop = eventLoop
        self.decide = decide
        self.onEvent = onEvent
        core = WorkerCore(configuration: configuration, random: .system)
        timer = LoopTimer(eventLoop: eventLoop)
        timer.onFire = { [weak self] in self?.perform { $0.timeout(at: $1) } }
    }

    deinit {
        socket?.abort()
    }

    func perform(_ body: (inout WorkerCore, Instant) -> Void) {
        eventLoop.assertInEventLoop()
        body(&core, Instant(eventLoop.now))
        guard !isDraining else { return }
        isDraining = true
        while let output = core.pollOutput() {
            switch output {
            case .connect(let timeout): open(timeout: timeout)
            case .send(let frame): socket?.send(frame)
            case .closeSocket(let politely): closeSocket(politely: politely)
            case .event(.offered(let offer)): ask(offer)
            case .event(let event): onEvent(event)
            }
        }
        isDraining = false
        timer.schedule(core.deadline)
    }

    func cutSocket() {
        socket?.abort()
    }

    private func ask(_ offer: JobOffer) {
        let bound = NIOLoopBound(WeakDriver(driver: self), eventLoop: eventLoop)
        Task { [decide, eventLoop] in
            let answer = await decide(offer)
            eventLoop.execute {
                bound.value.driver?.perform { $0.answer(answer, to: offer.id, at: $1) }
            }
        }
    }

    private func open(timeout: Duration) {
        closeSocket(politely: false)
        let token: AccessToken
        do {
            var grant = VideoGrant()
            grant.agent = true
            token = try AccessToken(
                signing: TokenClaims(video: grant), with: key, now: WallClock.seconds(), validity: .seconds(3600))
        } catch {
            return perform { $0.socketFailed(.badResponse(error.description), at: $1) }
        }
        let current = generation
        var transport = transport
        transport.connectTimeout = timeout
        let request = WebSocketRequest(server: server, target: "/agent?protocol=1", token: token)
        let bound = NIOLoopBound(WeakDriver(driver: self), eventLoop: eventLoop)
        WebSocket.connect(request, on: eventLoop, configuration: transport) { event in
            bound.value.driver?.socketEvent(event, generation: current)
        }.whenComplete { result in
            guard let driver = bound.value.driver, driver.generation == current else {
                if case .success(let socket) = result { socket.abort() }
                return
            }
            switch result {
            case .success(let socket):
                driver.socket = socket
                driver.perform { $0.socketOpened(at: $1) }
            case .failure(let error):
                let error = error as? TransportError ?? .connectionLost
                driver.perform { $0.socketFailed(error, at: $1) }
            }
        }
    }

    private func socketEvent(_ event: WebSocketEvent, generation: Int) {
        guard generation == self.generation else { return }
        switch event {
        case .message(let frame, let isBinary): perform { $0.receive(frame, isBinary: isBinary, at: $1) }
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

    private struct WeakDriver {
        weak var driver: WorkerDriver?
    }
}
