import NIOCore
import NIOPosix
import RTCCore
import SansIO

/// Runs one `PeerConnection` on one event loop: sockets, the clock and the timer; no other thread touches it.
///
/// After every burst of datagrams, command or timeout the core's outputs are drained once and the sockets flushed once.
/// Data (DTLS) and what comes of it have the loop for a turn at a time (`LoopShare`) and wait for the rest, so that a flood
/// in one room is not felt in others. Media and connectivity checks do not wait: a burst of them is bounded by its socket.
///
/// Where media come steadily, they may be read together at a beat (`ReadingPace`), each with the time at which the system
/// took it in; what waits is read before anything that is due is done, so that no gap is seen that is none.
public final class PeerConnectionDriver {
    /// The loop everything here runs on. Calling any method elsewhere is a programming error.
    public let eventLoop: any EventLoop
    /// Receives the connection's events, on the loop, in order. It may call back into the driver.
    public var onEvent: ((consuming PeerConnection.Event) -> Void)?
    /// Told of media as it comes, on the loop, before `onEvent`; what it does not take, it gives back, and that is an event.
    /// It may call back into the driver.
    public var onMedia: ((IncomingMedia, consuming ByteBuffer) -> ByteBuffer?)?
    /// Told, on the loop, that all media that waited to be read together have been told of; other events follow.
    public var onCaughtUp: (() -> Void)?
    /// Told, on the loop, whenever a beat begins (true) or ends at which datagrams are read together.
    public var onBeating: ((Bool) -> Void)?
    /// When set and it answers true, the datagram is dropped: the network faults of tests.
    public var dropsDatagram: ((_ isOutbound: Bool) -> Bool)?

    /// Time between two attempts to replace a socket that an error has closed.
    private static let rebindInterval = Duration.milliseconds(250)

    private var connection: PeerConnection
    private var sockets: [LocalEndpoint: UDPSocket] = [:]
    private let timer: LoopTimer
    private var isDraining = false
    private var isClosed = false

    /// Data that wait for their turn; beyond this many they are lost, and SCTP sends them again, more slowly.
    private static let mostWaiting = 1024
    /// Datagrams taken between two looks at the clock: as many as SCTP acknowledges together.
    private static let atATime = 4
    private var waiting = CircularBuffer<Datagram>()
    /// Events that wait for their turn, in order.
    private var events = CircularBuffer<PeerConnection.Event>()
    /// How many of them are no messages of data channels: what media must not overtake.
    private var ordered = 0
    private var share = LoopShare()
    private let restTimer: LoopTimer
    private var pace: ReadingPace
    private let beat: LoopTimer
    private var isBeating = false
    /// Only while datagrams are read together.
    private var scratch: DatagramScratch?
    /// Datagrams since the last beat.
    private var sinceBeat = (media: 0, others: 0)
    /// The latest time at which media came or something was due, and at which something else came or was commanded: that does
    /// not change when the media came that wait meanwhile.
    private var latest = Instant.zero
    private var commanded = Instant.zero
    private var isReading = false

    /// - Parameter sharedReading: how long media may wait to be read together where media come steadily; zero: they
    ///   never do.
    public init(connection: consuming PeerConnection, eventLoop: any EventLoop, sharedReading: Duration = .zero) {
        eventLoop.preconditionInEventLoop()
        self.connection = connection
        self.eventLoop = eventLoop
        timer = LoopTimer(eventLoop: eventLoop)
        restTimer = LoopTimer(eventLoop: eventLoop)
        pace = ReadingPace(interval: sharedReading)
        beat = LoopTimer(eventLoop: eventLoop)
        timer.onFire = { [weak self] in self?.timerFired() }
        restTimer.onFire = { [weak self] in self?.drain() }
        beat.onFire = { [weak self] in self?.beatFired() }
    }

    /// Whether the system tells media apart, so that nothing else waits to be read together.
    public var tellsMediaApart: Bool { !sockets.isEmpty && sockets.values.allSatisfy(\.tellsMediaApart) }

    /// When media are read together next; `nil` where each packet is read as it comes.
    public var nextBeat: Instant? { isBeating ? pace.nextBeat(after: .onEventLoop) : nil }

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

    /// Changes or asks the connection, then sends what follows from it, and tells it unless something waits for its turn:
    /// whoever calls is not told of messages meanwhile.
    public func perform<Result, Failure: Error>(
        _ body: (inout PeerConnection, Instant) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        eventLoop.preconditionInEventLoop()
        let takesTurn = events.isEmpty && waiting.isEmpty
        defer { drain(takesTurn: takesTurn) }
        commanded = max(commanded, tick(keeps: false))
        return try body(&connection, commanded)
    }

    /// Closes the connection and its sockets; what the connection still has to say (close_notify, ABORT) is sent first.
    ///
    /// Called from within an event, it is the last one: `onEvent` is not called again while it runs.
    public func close() {
        guard !isClosed else { return }
        onMedia = nil
        onCaughtUp = nil
        setBeating(false)
        if isDraining { onEvent = nil }
        let wasDraining = isDraining
        isDraining = true
        connection.close(at: tick())
        waiting.removeAll()
        handOut()
        while let event = nextEvent() { onEvent?(event) }
        handOut()
        isDraining = wasDraining
        isClosed = true
        // A drain that this call comes from has written, but not yet flushed.
        for socket in sockets.values { socket.flush() }
        timer.schedule(nil)
        restTimer.schedule(nil)
        beat.schedule(nil)
        for socket in sockets.values { socket.close() }
        sockets.removeAll()
        onEvent = nil
    }

    private func bind(_ address: TransportAddress) -> EventLoopFuture<LocalEndpoint> {
        let isolated = NIOLoopBound(Weak(self), eventLoop: eventLoop)
        let callbacks = UDPSocket.Callbacks(
            received: { [weak self] (datagram: consuming Datagram, arrival) in self?.receive(datagram, at: arrival) },
            burstEnded: { [weak self] in self?.burstEnded() })
        let socket = UDPSocket.bind(address, on: eventLoop, splits: pace.interval > .zero, callbacks: callbacks)
        return socket.assumeIsolated().flatMapThrowing { socket in
            guard let driver = isolated.value.object, !driver.isClosed else {
                socket.close()
                throw ChannelError.alreadyClosed
            }
            driver.sockets[socket.local] = socket
            socket.readEach(!driver.pace.isShared)
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

    private func receive(_ datagram: consuming Datagram, at arrival: Instant) {
        // The rest of a burst that one of it has closed.
        guard !isClosed else { return }
        if let dropsDatagram, dropsDatagram(false) { return }
        if datagram.isMedia {
            if pace.isShared { sinceBeat.media += 1 } else { pace.receivedMedia(at: arrival) }
            return receiveMedia(consume datagram, at: arrival)
        }
        // Reports come the same way as media, and say when they did.
        guard !datagram.isReport else { return connection.receive(consume datagram, at: tick(arrival)) }
        if isReading { sinceBeat.others += 1 }
        let arrival = max(arrival, latest, commanded)
        commanded = arrival
        if !datagram.isData {
            // Whole and only here, so that it is decrypted in place.
            connection.receive(consume datagram, at: arrival)
        } else if waiting.count < Self.mostWaiting {
            waiting.append(consume datagram)
        }
    }

    /// Tells of nearly all media without a queue.
    public func receiveMedia(_ datagram: consuming Datagram, at arrival: Instant = .onEventLoop) {
        let arrival = tick(arrival)
        guard let onMedia, ordered == 0, !isDraining else {
            return connection.receive(consume datagram, at: arrival)
        }
        guard let media = connection.receiveMedia(&datagram, at: arrival),
            let refused = onMedia(media, (consume datagram).takePayload()),
            let received = connection.told(media, payload: refused)
        else { return }
        onEvent?(.rtp(received))
    }

    /// A time to tell the connection: never one before the last, where a datagram has waited meanwhile.
    /// - Parameter keeps: whether what is told later is at that time at least. Not of commands: media that wait keep theirs.
    private func tick(_ now: Instant = .onEventLoop, keeps: Bool = true) -> Instant {
        let now = max(latest, now)
        if keeps { latest = now }
        return now
    }

    // MARK: Reading together

    private func burstEnded() {
        if pace.isShared, scratch == nil { followPace() }
        drain()
    }

    /// Reads what waits; nothing does where each datagram is read as it comes.
    ///
    /// Whoever does what is due at a time asks for this first: what came before that time may still wait.
    public func catchUp() {
        guard isBeating else { return }
        readWaiting()
        drain()
    }

    private func readWaiting() {
        guard !isClosed, !isDraining, var room = scratch.take() else { return }
        isReading = true
        for socket in sockets.values where !socket.readWaiting(&room) { pace.readEach() }
        isReading = false
        guard !isClosed else { return }
        scratch = consume room
        onCaughtUp?()
        if !pace.isShared { followPace() }
    }

    private func beatFired() {
        readWaiting()
        pace.read(media: sinceBeat.media, others: sinceBeat.others)
        followPace()
        drain()
    }

    private func followPace() {
        guard !isClosed else { return }
        sinceBeat = (0, 0)
        for socket in sockets.values { socket.readEach(!pace.isShared) }
        if pace.isShared {
            if scratch == nil { scratch = DatagramScratch() }
            beat.schedule(pace.nextBeat(after: .onEventLoop))
        } else {
            scratch = nil
            beat.schedule(nil)
        }
        setBeating(pace.isShared)
    }

    private func setBeating(_ isBeating: Bool) {
        guard isBeating != self.isBeating else { return }
        self.isBeating = isBeating
        onBeating?(isBeating)
    }

    /// - Parameter takesTurn: otherwise what waits is left to the end of the rest or burst that it waits for.
    private func drain(takesTurn: Bool = true) {
        guard !isDraining, !isClosed else { return }
        isDraining = true
        defer { isDraining = false }
        let used = takesTurn ? work() : handOut()
        for local in used { sockets[local]?.flush() }
        guard !isClosed else { return }
        timer.schedule(connection.deadline)
    }

    /// Sends and tells what the connection has to say, and gives it the data that wait, for a turn.
    /// - Returns: the sockets that something was written to.
    private func work() -> Set<LocalEndpoint> {
        var used = handOut()
        guard !(events.isEmpty && waiting.isEmpty), share.begin(at: .onEventLoop) else { return used }
        repeat {
            while let event = nextEvent() {
                onEvent?(event)
                if share.isSpent(at: .onEventLoop) { break }
            }
            if events.isEmpty { takeWaiting() }
            // Also what the events had us say.
            used.formUnion(handOut())
        } while !(events.isEmpty && waiting.isEmpty) && !share.isSpent(at: .onEventLoop)
        if share.isSpent(at: .onEventLoop) { restTimer.schedule(share.rest(at: .onEventLoop)) }
        return used
    }

    private func takeWaiting() {
        for _ in 0..<Self.atATime {
            guard let datagram = waiting.popFirst() else { return }
            connection.receive(datagram, at: tick(keeps: false))
        }
    }

    /// Writes what the connection sends, tells of media, and keeps other events for their turn.
    /// - Returns: the sockets that something was written to.
    @discardableResult
    private func handOut() -> Set<LocalEndpoint> {
        var used: Set<LocalEndpoint> = []
        while let output = connection.pollOutput() {
            switch consume output {
            case .transmit(let datagram):
                if let dropsDatagram, dropsDatagram(true) { continue }
                sockets[datagram.local]?.send(datagram.payload, to: datagram.remote)
                used.insert(datagram.local)
            case .event(let event):
                if event.isMedia, ordered == 0 { onEvent?(consume event) } else { keep(consume event) }
            }
        }
        return used
    }

    private func keep(_ event: consuming PeerConnection.Event) {
        if !event.isMessage { ordered += 1 }
        events.append(consume event)
    }

    private func nextEvent() -> PeerConnection.Event? {
        guard let event = events.popFirst() else { return nil }
        if !event.isMessage { ordered -= 1 }
        return event
    }

    private func timerFired() {
        guard !isClosed else { return }
        readWaiting()
        connection.timeout(at: tick())
        drain()
    }
}

extension PeerConnection.Event {
    fileprivate var isMessage: Bool { if case .dataChannelMessage = self { true } else { false } }

    /// Whether it is sound, picture or a report about them, which stand in no order with messages.
    fileprivate var isMedia: Bool {
        switch self {
        case .rtp, .padding, .senderReport: true
        default: false
        }
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
