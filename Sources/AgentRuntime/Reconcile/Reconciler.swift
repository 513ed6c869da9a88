import LiveKit
import NIOCore
import RTCNetwork
import SansIO
import Settings

/// Drives a `ReconcileCore` with the server's API.
actor Reconciler {
    private let api: ServerAPI
    private let agentName: String
    private let isAlive: @Sendable (String) -> Bool?
    private let standing: @Sendable () async -> Standing
    private let wallClock: @Sendable () -> Int64
    private let log: @Sendable (String) -> Void
    private let onDispatch: @Sendable (Bool) -> Void
    private var core: ReconcileCore
    private var task: Task<Void, Never>?
    private var sleeper: Task<Void, Never>?
    private var lastFailure: String?

    /// What this process has and can take.
    struct Standing: Sendable {
        /// Sids of the rooms where a session is or is about to be.
        var rooms: Set<String> = []
        var hasRoom = false
    }

    /// Rooms whose participants are listed at the same time.
    private static let parallelCalls = 8
    /// Up to this age a room is looked into whatever the server counts.
    private static let countingTime = Duration.seconds(10)

    /// - Parameters:
    ///   - isAlive: whether an instance lives that has no session of this process; `nil`: not known here.
    ///   - standing: asked with every look.
    ///   - wallClock: nanoseconds since 1970.
    ///   - onDispatch: told whether a dispatch was made or refused.
    init(
        api: ServerAPI, configuration: ReconcileCore.Configuration, isAlive: @escaping @Sendable (String) -> Bool?,
        standing: @escaping @Sendable () async -> Standing, wallClock: @escaping @Sendable () -> Int64,
        log: @escaping @Sendable (String) -> Void, onDispatch: @escaping @Sendable (Bool) -> Void
    ) {
        self.api = api
        agentName = configuration.agentName
        self.isAlive = isAlive
        self.standing = standing
        self.wallClock = wallClock
        self.log = log
        self.onDispatch = onDispatch
        core = ReconcileCore(configuration: configuration, random: .system)
    }

    func start() {
        core.start(at: .onEventLoop)
        if task == nil { task = Task { await run() } } else { sleeper?.cancel() }
    }

    func pause() {
        core.stop()
        sleeper?.cancel()
    }

    func stop() {
        core.stop()
        task?.cancel()
        sleeper?.cancel()
    }

    func lost(room: String, metadata: String) {
        core.lost(room: room, metadata: metadata, at: .onEventLoop)
        core.hurry(at: .onEventLoop)
        sleeper?.cancel()
    }

    /// Nobody is to come back: also what other workers would go by is taken away.
    func dismiss(room: String, sid: String) async {
        core.dismiss(room: room, sid: sid, at: .onEventLoop)
        do {
            for dispatch in try await api.listDispatch(room: RoomName(room)) where dispatch.agentName == agentName {
                _ = try await api.deleteDispatch(dispatch.id, room: RoomName(room))
            }
        } catch {
            failed("dispatches of room \(room) were not deleted: \(error)")
        }
    }

    /// Whether this worker found the room's assistant of that sid dead.
    func isDead(_ sid: String, inRoom room: String) -> Bool { core.isDead(sid, inRoom: room) }

    // MARK: The loop

    private func run() async {
        while !Task.isCancelled {
            while let output = core.pollOutput(), !Task.isCancelled { await perform(output) }
            let now = Instant.onEventLoop
            let due = core.deadline ?? now + .seconds(60)
            let sleeper = Task { _ = try? await Task.sleep(for: max(.zero, due - now)) }
            self.sleeper = sleeper
            await sleeper.value
            core.timeout(at: .onEventLoop)
        }
    }

    private func perform(_ output: ReconcileCore.Output) async {
        do {
            switch output {
            case .look: try await look()
            case .listDispatches(let room):
                let dispatches = try await api.listDispatch(room: RoomName(room)).map(RoomView.Dispatch.init)
                core.receive(dispatches: dispatches, ofRoom: room, wallClock: wallClock(), at: .onEventLoop)
            case .createDispatch(let room, let metadata):
                log("room \(room) has no assistant: dispatching one")
                do {
                    _ = try await api.createDispatch(agentName: agentName, room: RoomName(room), metadata: metadata)
                    onDispatch(true)
                } catch {
                    onDispatch(false)
                    throw error
                }
            case .remove(let room, let identity):
                log("room \(room): removing \(identity), whose worker is dead")
                try await api.removeParticipant(Identity(identity), room: RoomName(room))
            case .probe(let room, let identity, let question):
                try await api.probe(identity, room: room, question: question)
            case .check(let room, let identity):
                let info = try await api.participant(Identity(identity), room: RoomName(room))
                let answer = info.attributes[AgentInstance.aliveAttribute]
                core.receive(answer: answer, of: info.sid, inRoom: room, at: .onEventLoop)
            }
            lastFailure = nil
        } catch {
            if case .look = output { core.lookFailed(at: .onEventLoop) }
            if case .check(let room, _) = output { core.checkFailed(room: room) }
            failed("reconciling: \(error)")
        }
    }

    /// The same trouble once, however often it comes in a row.
    private func failed(_ text: String) {
        guard text != lastFailure else { return }
        lastFailure = text
        log(text)
    }

    private func look() async throws(ServerAPIError) {
        let clock = wallClock()
        // livekit-server counts participants every 5 s only, so a young room may have people of whom it does not know.
        let rooms = try await api.listRooms().filter {
            $0.numParticipants > 0 || RoomView.age(of: $0, wallClock: clock) < Self.countingTime
        }
        let own = await standing().rooms
        var views: [RoomView] = []
        var start = rooms.startIndex
        while start < rooms.endIndex {
            let batch = rooms[start..<min(start + Self.parallelCalls, rooms.endIndex)]
            start = batch.endIndex
            views += await list(Array(batch), own: own, wallClock: clock)
        }
        let standing = await standing()
        core.receive(views, own: own.union(standing.rooms), hasRoom: standing.hasRoom, at: .onEventLoop)
    }

    private func list(_ rooms: [Livekit_Room], own: Set<String>, wallClock: Int64) async -> [RoomView] {
        let (api, isAlive) = (api, isAlive)
        return await withTaskGroup(of: RoomView?.self) { group in
            for room in rooms {
                // What is covered by ourselves needs no call.
                if own.contains(room.sid) {
                    group.addTask { RoomView(room, participants: [], wallClock: wallClock, isAlive: isAlive) }
                    continue
                }
                group.addTask {
                    guard let participants = try? await api.listParticipants(room: RoomName(room.name)) else {
                        return nil
                    }
                    return RoomView(room, participants: participants, wallClock: wallClock, isAlive: isAlive)
                }
            }
            var views: [RoomView] = []
            for await view in group { if let view { views.append(view) } }
            return views
        }
    }
}

extension RoomView {
    init(
        _ room: Livekit_Room, participants: [Livekit_ParticipantInfo], wallClock: Int64,
        isAlive: (String) -> Bool?
    ) {
        name = room.name
        sid = room.sid
        age = Self.age(of: room, wallClock: wallClock)
        let present = participants.filter { $0.state != .disconnected }
        people = present.count { $0.kind == .standard && !$0.permission.hidden }
        assistants = present.compactMap { Assistant($0, room: room.sid, isAlive: isAlive) }
    }

    /// By the server's and this machine's clocks.
    static func age(of room: Livekit_Room, wallClock: Int64) -> Duration {
        let created = room.creationTimeMs > 0 ? room.creationTimeMs : room.creationTime &* 1000
        return .milliseconds((wallClock / 1_000_000).subtractingReportingOverflow(created).partialValue)
    }
}

extension RoomView.Assistant {
    /// `nil` for whoever is no assistant of this kind.
    init?(_ info: Livekit_ParticipantInfo, room sid: String, isAlive: (String) -> Bool?) {
        let instance = info.attributes[AgentInstance.attribute]
        guard info.kind == .agent, instance != nil || info.identity == AgentInstance.identity(ofRoom: sid) else {
            return nil
        }
        identity = info.identity
        self.sid = info.sid
        self.instance = instance
        switch instance.flatMap(isAlive) {
        case true?: liveness = .alive
        case false?: liveness = .dead
        case nil: liveness = .unknown
        }
        let milliseconds = info.joinedAtMs > 0 ? info.joinedAtMs : info.joinedAt &* 1000
        joinedAt = milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue
        answered = info.attributes[AgentInstance.aliveAttribute]
    }
}

extension RoomView.Dispatch {
    init(_ dispatch: Livekit_AgentDispatch) {
        // A new dispatch lists no job yet.
        let jobs = dispatch.state.jobs
        self.init(
            id: dispatch.id, agentName: dispatch.agentName, metadata: dispatch.metadata,
            createdAt: dispatch.state.createdAt,
            isOver: !jobs.isEmpty && jobs.allSatisfy { [.jsSuccess, .jsFailed].contains($0.state.status) })
    }
}
