import NIOCore
import NIOPosix
import RTCCore
import SansIO

/// Runs one `PeerConnection` on one event loop: sockets, the clock and the timer; no other thread touches it.
///
/// After every burst of datagrams, command or timeout the core's outputs are drained once and the sockets flushed once.
public final class PeerConnectionDriver {
    /// The loop everything here runs on. Calling any method elsewhere is a programming error.
    public let eventLoop: any EventLoop
    /// Receives the connection's events, on the loop, in order. It may call back into the driver.
    public var onEvent: ((consuming PeerConnection.Event) -> Void)?
    /// When set and it answers true, the datagram is dropped: the network faults of tests.
    public var dropsDatagram: ((_ isOutbound: Bool) -> Bool)?

    /// Time between two attempts to replace a socket that an error has closed.
    private static let rebindInterval = Duration.milliseconds(250)

    private var connection: PeerConnection
    private var sockets: [LocalEndpoint: UDPSocket] = [:]
    private let timer: LoopTimer
    private var isDraining = false
    private var isClosed = false

    public init(connection: consuming PeerConnection, eventLoop: any EventLoop) {
        eventLoop.preconditionInEventLoop()
        self.connection = connection
        self.eventLoop = eventLoop
        timer = LoopTimer(eventLoop: eventLoop)
        timer.onFire = { [weak self] in self?.timerFired() }
    }

    /// Binds a socket on each address and adds it to the connection as a host candidate.
    /// - Returns: the candidates, most preferable first. Addresses that cannot be bound are left out.
    /// - Throws: `DriverError.noUsableAddress` when none could be bound.
    public func gatherHostCandidates(_ addresses: [IPAddress]) -> EventLoopFuture<[ICECandidate]> {
        let binds = addresses.map { bind(TransportAddress(ip: $0, port: 0)) }
        let isolated = NIOLoopBound(self, eventLoop: eventLoop)
        return EventLoopFuture.whenAllComplete(binds, on: eventLoop).flatMapThrowing { results in
            let candidates = isolated.value.addCandidates(results.compactMap { try? $0.get() })
            if candidates.isEmpty { throw DriverError.noUsableAddress(addresses) }
            return candidates
        }
    }

    /// Changes or asks the connection, then sends what follows from it.
    public func perform<Result, Failure: Error>(
        _ body: (inout PeerConnection, Instant) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        eventLoop.preconditionInEventLoop()
        defer { drain() }
        return try body(&connection, .onEventLoop)
    }

    /// Closes the connection and its sockets; what the connection still has to say (close_notify, ABORT) is sent first.
    ///
    /// Called from within an event, it is the last one: `onEvent` is not called again while it runs.
    public func close() {
        guard !isClosed else { return }
        if isDraining { onEvent = nil }
        let wasDraining = isDraining
        isDraining = true
        connection.close(at: .onEventLoop)
        handOut()
        isDraining = wasDraining
        isClosed = true
        // A drain that this call comes from has written, but not yet flushed.
        for socket in sockets.values { socket.flush() }
        timer.schedule(nil)
        for socket in sockets.values { socket.close() }
        sockets.removeAll()
        onEvent = nil
    }

    private func bind(_ address: TransportAddress) -> EventLoopFuture<LocalEndpoint> {
        let isolated = NIOLoopBound(Weak(self), eventLoop: eventLoop)
        let callbacks = UDPSocket.Callbacks(
            received: { [weak self] (datagram: consuming Datagram) in self?.receive(datagram) },
            burstEnded: { [weak self] in self?.drain() })
        let socket = UDPSocket.bind(address, on: eventLoop, callbacks: callbacks)
        return socket.assumeIsolated().flatMapThrowing { socket in
            guard let driver = isolated.value.object, !driver.isClosed else {
                socket.close()
                throw ChannelError.alreadyClosed
            }
            driver.sockets[socket.local] = socket
            driver.watch(socket)
            return socket.local
        }.nonisolated()
    }

    /// Replaces the socket when an error closes it: a route that is gone or a packet filter does so, and both may pass.
    private func watch(_ socket: UDPSocket) {
        let (local, boundAt) = (socket.local, Instant.onEventLoop)
        socket.whenClosed { [weak self] in
            guard let self, !isClosed else { return }
            sockets[local] = nil
            // At once, for packets wait; but not over and over where each of them closes the socket again.
            let wasShort = .onEventLoop - boundAt < Self.rebindInterval
            rebind(local, after: wasShort ? Self.rebindInterval : .zero)
        }
    }

    /// Binds the address and port of a candidate again, until it succeeds.
    private func rebind(_ local: LocalEndpoint, after delay: Duration) {
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
            guard let self, !isClosed else { return }
            bind(local.address).assumeIsolated().whenFailure { [weak self] _ in
                guard let self, !isClosed else { return }
                rebind(local, after: Self.rebindInterval)
            }
        }
    }

    private func addCandidates(_ locals: [LocalEndpoint]) -> [ICECandidate] {
        let candidates = locals.enumerated().map { index, local in
            ICECandidate(local, localPreference: UInt16(clamping: 65_535 - index))
        }
        perform { connection, now in
            for candidate in candidates { connection.addLocalCandidate(candidate, at: now) }
        }
        return candidates
    }

    private func receive(_ datagram: consuming Datagram) {
        if let dropsDatagram, dropsDatagram(false) { return }
        connection.receive(datagram, at: .onEventLoop)
    }

    private func drain() {
        guard !isDraining, !isClosed else { return }
        isDraining = true
        defer { isDraining = false }
        handOut()
        timer.schedule(connection.deadline)
    }

    /// Sends and tells all that the connection has to say.
    private func handOut() {
        var used: Set<LocalEndpoint> = []
        while let output = connection.pollOutput() {
            switch consume output {
            case .transmit(let datagram):
                if let dropsDatagram, dropsDatagram(true) { continue }
                sockets[datagram.local]?.send(datagram.payload, to: datagram.remote)
                used.insert(datagram.local)
            case .event(let event):
                onEvent?(consume event)
            }
        }
        for local in used { sockets[local]?.flush() }
    }

    private func timerFired() {
        guard !isClosed else { return }
        connection.timeout(at: .onEventLoop)
        drain()
    }
}

/// Why a driver could not start.
public enum DriverError: Error, CustomStringConvertible {
    case noUsableAddress([IPAddress])

    public var description: String {
        switch self {
        case .noUsableAddress(let tried):
            let list = tried.map(\.description).joined(separator: ", ")
            return "no UDP socket could be bound on any of [\(list)]: is a network interface up?"
        }
    }
}

private final class Weak<Object: AnyObject> {
    weak var object: Object?

    init(_ object: Object) { self.object = object }
}
