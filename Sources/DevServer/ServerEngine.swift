import Foundation
import LiveKit
import NIOCore
import RTCCore
import RTCNetwork
import SansIO
import SwiftProtobuf
import Web

/// Wires the control plane to sockets, peer connections and the clock. Confined to one event loop.
final class ServerEngine {
    let core: ServerCore
    private let eventLoop: any EventLoop
    private let media: MediaPlane
    private var signals: [SignalID: Socket] = [:]
    private var workers: [WorkerConnectionID: Socket] = [:]
    private var nextNumber = 0
    private var isDraining = false
    private var timer: Scheduled<Void>?
    private var isClosed = false

    /// A client's or worker's connection, and which form of message it spoke last: it is answered in the same.
    private struct Socket {
        let connection: WebSocketConnection
        var speaksText = false
    }

    init(
        configuration: DevServer.Configuration, mediaAddresses: [IPAddress], key: APIKey, identity: DTLSIdentity,
        eventLoop: any EventLoop
    ) {
        self.eventLoop = eventLoop
        let unix = Int64(Date().timeIntervalSince1970 * 1e9)
        core = ServerCore(
            rules: configuration.rules, key: key, epoch: unix &- Instant.onEventLoop.nanoseconds, random: .system)
        media = MediaPlane(
            eventLoop: eventLoop, identity: identity, addresses: mediaAddresses, random: .system,
            log: configuration.log)
        media.onEvent = { [unowned self] sid, event in perform { $0.receive(event, of: sid, at: $1) } }
    }

    var seconds: Int64 { core.seconds(at: .onEventLoop) }

    /// Asks or changes the control plane, then does what follows from it.
    @discardableResult
    func perform<Result>(_ body: (ServerCore, Instant) -> Result) -> Result {
        let result = body(core, .onEventLoop)
        drain()
        return result
    }

    private func drain() {
        // Media reports while commands are carried out; the outer call goes on with what comes of it.
        guard !isDraining, !isClosed else { return }
        isDraining = true
        while let effect = core.pollEffect() { carryOut(effect) }
        isDraining = false
        arm()
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .send(let message, let id): signals[id].map { write(message, to: $0) }
        case .closeSignal(let id): signals.removeValue(forKey: id)?.connection.close()
        case .sendToWorker(let message, let id): workers[id].map { write(message, to: $0) }
        case .closeWorker(let id): workers.removeValue(forKey: id)?.connection.close()
        case .media(let command, let sid): media.perform(command, of: sid)
        }
    }

    private func write(_ message: some Message, to socket: Socket) {
        if socket.speaksText {
            if let text = try? message.jsonString() { socket.connection.send(text) }
        } else if let bytes: [UInt8] = try? message.serializedBytes() {
            socket.connection.send(ByteBuffer(bytes: bytes))
        }
    }

    private func arm() {
        timer?.cancel()
        guard let deadline = core.deadline else { return }
        let isolated = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: deadline.deadline) {
            isolated.value.perform { $0.timeout(at: $1) }
        }
    }

    // MARK: Sockets

    func attachSignal(_ connection: WebSocketConnection, join: JoinRequest) {
        let id = SignalID(number: number())
        signals[id] = Socket(connection: connection)
        let isolated = NIOLoopBound(self, eventLoop: eventLoop)
        connection.onMessage { message in
            let engine = isolated.value
            engine.signals[id]?.speaksText = message.isText
            guard let request: Livekit_SignalRequest = message.decoded() else { return }
            engine.perform { $0.receive(request, from: id, at: $1) }
        }
        connection.onClose { _ in
            let engine = isolated.value
            engine.signals[id] = nil
            engine.perform { $0.signalClosed(id, at: $1) }
        }
        perform { $0.connect(id, join: join, at: $1) }
    }

    func attachWorker(_ connection: WebSocketConnection) {
        let id = WorkerConnectionID(number: number())
        workers[id] = Socket(connection: connection)
        let isolated = NIOLoopBound(self, eventLoop: eventLoop)
        connection.onMessage { message in
            let engine = isolated.value
            engine.workers[id]?.speaksText = message.isText
            guard let request: Livekit_WorkerMessage = message.decoded() else { return }
            engine.perform { $0.receive(request, from: id, at: $1) }
        }
        connection.onClose { _ in
            let engine = isolated.value
            engine.workers[id] = nil
            engine.perform { core, _ in core.workerClosed(id) }
        }
        perform { $0.workerConnected(id, at: $1) }
    }

    private func number() -> Int {
        nextNumber += 1
        return nextNumber
    }

    // MARK: End and faults

    func stop() {
        perform { $0.shutDown(at: $1) }
    }

    func close() {
        isClosed = true
        timer?.cancel()
        media.onEvent = nil
        media.closeAll()
    }

    func fallSilent() {
        media.blackOut(nil, until: .distantFuture)
    }

    func cutSignals(of identity: Identity?) -> Int {
        let cut = signals.filter { id, _ in
            identity == nil || core.signals[id]?.participant.identity == identity
        }
        cut.values.forEach { $0.connection.abort() }
        return cut.count
    }

    func cutWorkers() -> Int {
        workers.values.forEach { $0.connection.abort() }
        return workers.count
    }

    func dropMedia(for duration: Duration, of identity: Identity?) {
        let end = Instant.onEventLoop + duration
        guard let identity else { return media.blackOut(nil, until: end) }
        for (_, participant) in sessions(of: identity) { media.blackOut(participant.sid, until: end) }
    }

    func loseMedia(_ share: Double, seed: UInt64, of identity: Identity) -> Int {
        let sessions = sessions(of: identity)
        for (_, participant) in sessions { media.lose(share, seed: seed, of: participant.sid) }
        return sessions.count
    }

    var lostDatagrams: Int { media.lostDatagrams }

    func forget(_ identity: Identity) -> Int {
        let sessions = sessions(of: identity)
        for (room, participant) in sessions {
            // Whatever the leaving would tell the client does not get through.
            media.blackOut(participant.sid, until: .distantFuture)
            if let id = participant.signal { signals.removeValue(forKey: id)?.connection.abort() }
            perform { $0.remove(participant, from: room, reason: .connectionTimeout, at: $1) }
        }
        return sessions.count
    }

    func singleConnections(of identity: Identity) -> [Bool] {
        sessions(of: identity).map(\.participant.usesSingleConnection)
    }

    private func sessions(of identity: Identity) -> [(room: HostedRoom, participant: Participant)] {
        core.rooms.values.compactMap { room in room.participant(identity: identity).map { (room, $0) } }
    }
}

extension WebSocketMessage {
    fileprivate var isText: Bool {
        if case .text = self { return true }
        return false
    }

    /// Binary frames carry protobuf, text frames its JSON; what cannot be read is ignored, as the real server does.
    fileprivate func decoded<Request: Message>() -> Request? {
        switch self {
        case .binary(let buffer): return try? Request(serializedBytes: Array(buffer.readableBytesView))
        case .text(let text):
            var options = JSONDecodingOptions()
            options.ignoreUnknownFields = true
            return try? Request(jsonString: text, options: options)
        }
    }
}
