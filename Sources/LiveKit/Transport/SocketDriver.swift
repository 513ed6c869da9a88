import NIOCore
import RTCNetwork
import SansIO

/// Runs a `SocketCore` on one event loop: its socket, the clock and the timer. Used on that loop only.
final class SocketDriver<Core: SocketCore> {
    /// A socket to open: what to ask for, and how long it may take.
    typealias Dial = (_ connection: Core.Connection) throws(TransportError) -> (WebSocketRequest, timeout: Duration)

    let eventLoop: any EventLoop
    /// Called for every event of the core, in order. It may call back in.
    var onEvent: (Core.Event) -> Void = { _ in }
    var core: Core

    private let transport: TransportConfiguration
    private let dial: Dial
    private let timer: LoopTimer
    private var socket: WebSocket?
    /// Tells a socket's late callbacks from those of its successor.
    private var generation = 0
    private var isDraining = false

    init(core: Core, transport: TransportConfiguration, eventLoop: any EventLoop, dial: @escaping Dial) {
        self.core = core
        self.transport = transport
        self.eventLoop = eventLoop
        self.dial = dial
        timer = LoopTimer(eventLoop: eventLoop)
        timer.onFire = { [weak self] in self?.perform { $0.timeout(at: $1) } }
    }

    deinit { socket?.abort() }

    /// Changes the core, then carries out what it decided. What an event causes that calls back in is carried out by the
    /// outer call.
    func perform(_ body: (inout Core, Instant) -> Void) {
        eventLoop.assertInEventLoop()
        body(&core, Instant(eventLoop.now))
        guard !isDraining else { return }
        isDraining = true
        while let output = core.pollOutput() {
            switch output {
            case .connect(let connection): open(connection)
            case .send(let frame): socket?.send(frame)
            case .closeSocket(let politely): closeSocket(politely: politely)
            case .event(let event): onEvent(event)
            }
        }
        isDraining = false
        timer.schedule(core.deadline)
    }

    /// Cuts the socket as a network fault would.
    func cutSocket() { socket?.abort() }

    private func open(_ connection: Core.Connection) {
        closeSocket(politely: false)
        let current = generation
        var transport = transport
        let request: WebSocketRequest
        do {
            (request, transport.connectTimeout) = try dial(connection)
        } catch {
            return perform { $0.socketFailed(error, at: $1) }
        }
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
        weak var driver: SocketDriver?
    }
}
